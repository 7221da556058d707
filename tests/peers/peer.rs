//! Starts the peers once for all tests, in a directory of their own, on ports of their own; they end with this program.
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

pub struct Peers {
    pub dir: PathBuf,
    pub fhir: u16,
    pub orthanc: u16,
    pub orthanc_dimse: u16,
    /// nginx: mutual TLS before both, 24 kB for FHIR, 200 kB for images
    pub tls: u16,
    /// nginx: a certificate for another host
    pub wrong_host: u16,
    /// nginx: odd hubs in plain HTTP
    pub odd: u16,
}

static PEERS: OnceLock<Option<Peers>> = OnceLock::new();

/// The peers, or `None` with a printed word when something is not installed.
pub fn peers() -> Option<&'static Peers> {
    PEERS.get_or_init(start).as_ref()
}

#[macro_export]
macro_rules! need_peers {
    () => {
        match $crate::peers::peer::peers() {
            Some(peers) => peers,
            None => return,
        }
    };
}

/// A program, or a printed word; in CI its absence fails the test.
pub fn lacking(what: &str) -> Option<Peers> {
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "{what} is not installed, and this is CI"
    );
    println!("SKIPPED: {what} is not installed (./test installs it)");
    None
}

pub fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs: Vec<PathBuf> = std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/bin", "/sbin"].map(PathBuf::from))
        .collect();
    names.iter().flat_map(|name| dirs.iter().map(move |dir| dir.join(name))).find(|p| p.is_file())
}

fn sekmet() -> Option<PathBuf> {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from);
    let made = cache.join("xinglin-test/peers/bin/sekmet");
    if made.is_file() { Some(made) } else { program(&["sekmet"]) }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a program that is killed when this one ends. The thread that starts it must live on: it is the one that the
/// kernel watches.
pub fn keep(program: &Path, args: &[&str], dir: &Path, log: &str) {
    let (program, dir) = (program.to_owned(), dir.to_owned());
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    let log = std::fs::File::create(dir.join(log)).unwrap();
    std::thread::spawn(move || {
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "--"])
            .arg(&program)
            .args(&args)
            .current_dir(&dir)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let _ended = child.wait();
        std::thread::park();
    });
}

/// Waits until somebody listens.
pub fn listening(port: u16) {
    let end = Instant::now() + Duration::from_mins(1);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "nobody listens on {port}");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

pub fn run(program: &str, args: &[&str], dir: &Path) -> std::process::Output {
    Command::new(program).args(args).current_dir(dir).output().unwrap()
}

pub fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}

fn start() -> Option<Peers> {
    let Some(orthanc) = program(&["Orthanc"]) else { return lacking("Orthanc") };
    let Some(nginx) = program(&["nginx"]) else { return lacking("nginx") };
    let Some(sekmet) = sekmet() else { return lacking("sekmet-fhir") };
    for tool in ["dcmodify", "dcmdump", "storescp", "dcmqrscp", "openssl", "setpriv", "curl"] {
        if program(&[tool]).is_none() {
            return lacking(tool);
        }
    }
    let dir = std::env::temp_dir().join(format!("xinglin-peers-{}", std::process::id()));
    // What runs before left behind; theirs that still run are not touched.
    for entry in std::fs::read_dir(std::env::temp_dir()).unwrap().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ended = name
            .strip_prefix("xinglin-peers-")
            .is_some_and(|pid| !Path::new("/proc").join(pid).exists());
        if ended {
            let _left = std::fs::remove_dir_all(entry.path());
        }
    }
    for inside in ["ca", "orthanc", "nginx", "sekmet"] {
        std::fs::create_dir_all(dir.join(inside)).unwrap();
    }
    certificates(&dir.join("ca"));
    let peers = Peers {
        fhir: free_port(),
        orthanc: free_port(),
        orthanc_dimse: free_port(),
        tls: free_port(),
        wrong_host: free_port(),
        odd: free_port(),
        dir: dir.clone(),
    };
    start_sekmet(&sekmet, peers.fhir, &dir.join("sekmet"));
    start_orthanc(&orthanc, (peers.orthanc, peers.orthanc_dimse), &dir.join("orthanc"), "");
    write(&dir.join("nginx/nginx.conf"), &nginx_conf(&peers));
    let conf = dir.join("nginx/nginx.conf");
    keep(&nginx, &["-c", conf.to_str().unwrap()], &dir, "nginx.log");
    for port in [peers.fhir, peers.orthanc, peers.tls] {
        listening(port);
    }
    Some(peers)
}

pub fn start_sekmet(sekmet: &Path, port: u16, dir: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    write(
        &dir.join("settings.yaml"),
        &format!(
            "base_url: http://127.0.0.1:{port}/fhir\nhost: 127.0.0.1\nport: {port}\ndata_dir: {}/data\nfacility_name: County Hospital A\nvalidation: {{inbound: strict}}\nsimulator: {{enabled: false}}\n",
            dir.display()
        ),
    );
    keep(sekmet, &["serve", "-c", "settings.yaml"], dir, "sekmet.log");
}

/// A second FHIR server of its own.
pub fn own_sekmet(port: u16, dir: &Path) {
    start_sekmet(&sekmet().unwrap(), port, dir);
    listening(port);
}

pub fn start_orthanc(orthanc: &Path, (http, dimse): (u16, u16), dir: &Path, more: &str) {
    std::fs::create_dir_all(dir).unwrap();
    let plugins: Vec<String> = ["libOrthancDicomWeb.so", "libOrthancGdcm.so"]
        .into_iter()
        .filter_map(|name| {
            let found = std::fs::read_dir("/usr/lib/orthanc").ok()?.flatten().map(|e| e.path());
            found
                .filter(|p| p.file_name().is_some_and(|f| f.to_string_lossy().starts_with(name)))
                .map(|p| format!("{:?}", p.display().to_string()))
                .next()
        })
        .collect();
    let encoding =
        if more.contains("DefaultEncoding") { "" } else { "\"DefaultEncoding\":\"Utf8\"," };
    write(
        &dir.join("orthanc.json"),
        &format!(
            r#"{{ "Name":"county","StorageDirectory":"{d}/db","IndexDirectory":"{d}/db","Plugins":[{plugins}],
"DicomAet":"COUNTYPACS","DicomPort":{dimse},"HttpPort":{http},"RemoteAccessAllowed":false,"AuthenticationEnabled":false,
"DicomCheckCalledAet":false,{encoding}"DicomAlwaysAllowStore":true,"DicomAlwaysAllowGet":true,"DicomAlwaysAllowFind":true,
"OverwriteInstances":false,{more}
"DicomWeb":{{ "Enable":true,"Root":"/dicom-web/","EnableWado":true,"Host":"127.0.0.1","Ssl":false }} }}"#,
            d = dir.display(),
            plugins = plugins.join(","),
        ),
    );
    keep(orthanc, &["orthanc.json"], dir, "orthanc.log");
    listening(http);
}

/// An authority with hub and clinic, another with an intruder, one certificate that has run out.
pub fn certificates(dir: &Path) {
    let sh = r#"set -e
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 3650 -subj "/O=xinglin test/CN=county test CA" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign,cRLSign
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca2.key -out ca2.crt -days 3650 -subj "/O=other/CN=other CA"
mk(){ openssl req -newkey rsa:2048 -nodes -keyout $1.key -out $1.csr -subj "/O=xinglin test/CN=$1"
printf "subjectAltName=$3\nextendedKeyUsage=serverAuth,clientAuth\n" > $1.ext
openssl x509 -req -in $1.csr -CA $2.crt -CAkey $2.key -CAcreateserial -out $1.crt -extfile $1.ext -days $4; }
mk hub ca DNS:localhost,IP:127.0.0.1 825
mk clinic ca DNS:clinic-360481 825
mk intruder ca2 DNS:clinic-360481 825
mk hubwrong ca DNS:other.example 825
openssl x509 -req -in clinic.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out expired.crt -extfile clinic.ext -days -1
"#;
    let made = run("sh", &["-c", sh], dir);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}

fn nginx_conf(p: &Peers) -> String {
    let dir = p.dir.display();
    // A hub that answers 200 with one bad entry, as Medplum's router was seen to; one whose answer is a 412; one that
    // forgets the filter of a search.
    let partial = r#"{\"resourceType\":\"Bundle\",\"type\":\"transaction-response\",\"entry\":[{\"response\":{\"status\":\"201\"}},{\"response\":{\"status\":\"400\",\"outcome\":{\"issue\":[{\"code\":\"invalid\"}]}}}]}"#;
    format!(
        r#"daemon off; worker_processes 1; pid {dir}/nginx/nginx.pid; error_log {dir}/nginx/err.log info;
events {{ worker_connections 256; }}
http {{ access_log off; client_body_temp_path {dir}/nginx/b; proxy_temp_path {dir}/nginx/p; fastcgi_temp_path {dir}/nginx/f; uwsgi_temp_path {dir}/nginx/u; scgi_temp_path {dir}/nginx/s;
 server {{ listen 127.0.0.1:{tls} ssl; ssl_certificate {dir}/ca/hub.crt; ssl_certificate_key {dir}/ca/hub.key; ssl_client_certificate {dir}/ca/ca.crt; ssl_verify_client on; ssl_protocols TLSv1.2 TLSv1.3;
  location /fhir {{ client_max_body_size 24k; proxy_pass http://127.0.0.1:{fhir}/fhir; }}
  location /dicom-web/ {{ client_max_body_size 200k; proxy_request_buffering off; proxy_pass http://127.0.0.1:{orthanc}/dicom-web/; }} }}
 server {{ listen 127.0.0.1:{wrong} ssl; ssl_certificate {dir}/ca/hubwrong.crt; ssl_certificate_key {dir}/ca/hubwrong.key; location / {{ return 200 "wrong host"; }} }}
 server {{ listen 127.0.0.1:{odd}; client_max_body_size 50m;
  location = /partial/fhir {{ default_type application/fhir+json; return 200 '{partial}'; }}
  location /partial/fhir/ {{ proxy_pass http://127.0.0.1:{fhir}/fhir/; }}
  location = /conflict/fhir {{ default_type application/fhir+json; return 412 '{{\"resourceType\":\"OperationOutcome\",\"issue\":[{{\"diagnostics\":\"multiple-matches\"}}]}}'; }}
  location /conflict/fhir/ {{ proxy_pass http://127.0.0.1:{fhir}/fhir/; }}
  location /forgetful/fhir/ {{ set $args ""; proxy_pass http://127.0.0.1:{fhir}/fhir/; }}
  location /forgetful/dicom-web/ {{ set $args ""; proxy_pass http://127.0.0.1:{orthanc}/dicom-web/; }} }}
}}
"#,
        tls = p.tls,
        wrong = p.wrong_host,
        odd = p.odd,
        fhir = p.fhir,
        orthanc = p.orthanc,
        partial = partial.replace("\\\"", "\""),
    )
    .replace("\\\"", "\"")
}
