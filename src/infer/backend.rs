//! One binary, two back ends: a libonnxruntime found at run time, else the embedded pure-Rust one. The only unsafe code of the project.
#![expect(
    unsafe_code,
    reason = "loading ONNX Runtime through its C entry point; every pointer is checked before use"
)]

use std::{
    ffi::CStr,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use ort::environment::Environment;

use super::ModelError;

static LIBRARY: OnceLock<libloading::Library> = OnceLock::new();
static BACKEND: OnceLock<Result<(String, Environment), String>> = OnceLock::new();

/// Which back end runs the models, e.g. `onnxruntime 1.31.1` or `tract (embedded)`.
pub fn backend_name() -> String {
    match backend() {
        Ok((name, _)) => name.clone(),
        Err(why) => why.clone(),
    }
}

pub(super) fn environment() -> Result<&'static Environment, ModelError> {
    match backend() {
        Ok((_, environment)) => Ok(environment),
        Err(why) => Err(ModelError::Backend(why.clone())),
    }
}

fn backend() -> &'static Result<(String, Environment), String> {
    BACKEND.get_or_init(|| {
        let name = choose()?;
        let environment = ort::init()
            .with_name("xinglin")
            .with_telemetry(false)
            .build()
            .map_err(|e| e.to_string())?;
        Ok((name, environment))
    })
}

/// `XINGLIN_ORT=tract` keeps to the embedded back end; `ORT_DYLIB_PATH` names a library; else the usual places are tried.
fn choose() -> Result<String, String> {
    let mut places: Vec<PathBuf> = vec![];
    let embedded_only = std::env::var_os("XINGLIN_ORT").is_some_and(|v| v == "tract");
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH").filter(|v| !v.is_empty()) {
        places.push(path.into());
    } else if !embedded_only {
        if let Some(folder) =
            std::env::current_exe().ok().and_then(|e| e.parent().map(Path::to_owned))
        {
            places.push(folder.join("libonnxruntime.so"));
            places.push(folder.join("../lib/xinglin/libonnxruntime.so"));
        }
        places.push("libonnxruntime.so.1".into());
    }
    for place in places.iter().filter(|_| !embedded_only) {
        match native(place) {
            Ok(version) => return Ok(format!("onnxruntime {version}")),
            Err(why) => tracing::info!(%why, "native ONNX Runtime not used"),
        }
    }
    embedded()
}

#[cfg(feature = "tract")]
fn embedded() -> Result<String, String> {
    if ort::set_api(ort_tract::api()) {
        Ok("tract (embedded)".into())
    } else {
        Err("ONNX 接口已被占用".into())
    }
}

#[cfg(not(feature = "tract"))]
fn embedded() -> Result<String, String> {
    Err("没有找到 libonnxruntime，本程序又未内置推理引擎".into())
}

/// Maps the library and installs its function table; it stays mapped until the program ends.
fn native(path: &Path) -> Result<String, String> {
    // SAFETY: loading a library runs its initialisers; ONNX Runtime's are safe to run at any time, once.
    let library = unsafe { libloading::Library::new(path) }.map_err(|e| e.to_string())?;
    // SAFETY: the symbol has this signature in every ONNX Runtime since 1.0 (onnxruntime_c_api.h).
    let entry: libloading::Symbol<'_, unsafe extern "C" fn() -> *const ort_sys::OrtApiBase> =
        unsafe { library.get(b"OrtGetApiBase\0") }.map_err(|e| e.to_string())?;
    // SAFETY: the function takes nothing and returns a static table or null.
    let base = unsafe { entry() };
    if base.is_null() {
        return Err("OrtGetApiBase 返回空指针".into());
    }
    // SAFETY: `base` is not null and points to a static table; the version is a static C string.
    let version = unsafe { CStr::from_ptr(((*base).GetVersionString)().cast()) }
        .to_string_lossy()
        .into_owned();
    // SAFETY: as above; an unsupported version gives null.
    let api = unsafe { ((*base).GetApi)(ort_sys::ORT_API_VERSION) };
    if api.is_null() {
        return Err(format!("onnxruntime {version} 太旧"));
    }
    // SAFETY: `api` is not null and points to a static table of function pointers, which is copied.
    if !ort::set_api(unsafe { std::ptr::read(api) }) {
        return Err("ONNX 接口已被占用".into());
    }
    let _kept = LIBRARY.set(library);
    Ok(version)
}
