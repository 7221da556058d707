#!/usr/bin/env python3
"""Both platforms as their interface descriptions tell them, with faults on demand. Invented; holds no real data.

/top        the drug trace platform (form post, MD5 signature, wrapped lists, work done later than the upload)
/fsi        the insurance platform 3501-3507 (JSON, two levels of result)
/control    {"top": [...], "fsi": [...]}: faults for the next requests, one each
/state      what was taken, and what came again after it had been acknowledged as done

Faults: "timeout" taken but never answered; "drop" neither; "500"; "html"; "garbage"; "busy"; "signature";
"lie" acknowledged but not taken; "reject" refused with a reason; "empty" success without a business result;
"half" (batch only) only the first half is taken.

With --lean it keeps of a row only code, quantity and split flag, and counts the requests: a year fits into memory.
"""
import hashlib
import json
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "test-secret"
PREFIX = "alibaba.alihealth.drugtrace.top.yljg."
COMMON = ["bill_code", "bill_time", "bill_type", "ref_user_id", "trace_codes"]
INOUT = COMMON + ["physic_type", "from_user_id", "to_user_id", "oper_ic_code", "oper_ic_name", "client_type"]
PURCHASE = ("med_list_codg fixmedins_hilist_id fixmedins_hilist_name fixmedins_bchno spler_name manu_lotnum "
            "prodentp_name aprvno manu_date expy_end purc_retn_cnt rx_flag purc_retn_stoin_time purc_retn_opter_name "
            "prod_geay_flag").split()
REQUIRED = {
    "3502": ("med_list_codg inv_chg_type fixmedins_hilist_id fixmedins_hilist_name fixmedins_bchno pric cnt rx_flag "
             "inv_chg_time trdn_flag").split(),
    "3503": PURCHASE,
    "3504": PURCHASE,
    "3505": ("med_list_codg fixmedins_hilist_id fixmedins_hilist_name fixmedins_bchno prsc_dr_name phar_name "
             "phar_prac_cert_no hi_feesetl_type mdtrt_sn psn_cert_type manu_lotnum manu_date rx_flag trdn_flag "
             "rx_circ_flag rtal_docno sel_retn_cnt sel_retn_time sel_retn_opter_name").split(),
    "3506": ("med_list_codg fixmedins_hilist_id fixmedins_hilist_name fixmedins_bchno psn_cert_type manu_lotnum manu_date "
             "expy_end rx_flag trdn_flag sel_retn_cnt sel_retn_time sel_retn_opter_name mdtrt_sn").split(),
    "3507": ["fixmedins_bchno", "inv_data_type"],
}
LEAN = "--lean" in sys.argv
lock = threading.Lock()
faults = {"top": [], "fsi": []}
bills = {}      # bill_code -> {"codes", "status", "asked", "type"}
rows = {}       # fixmedins_bchno -> row
told_done = set()
again = []      # sent again although it had been told to be done
requests = []
asked = {"count": 0}


def heard(name):
    asked["count"] += 1
    if not LEAN:
        requests.append(name)


def next_fault(which):
    with lock:
        return faults[which].pop(0) if faults[which] else None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, body, status=200, kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def hang(self):
        # Until the other side gives up: no clock is needed here.
        self.connection.recv(1)
        self.close_connection = True

    def do_GET(self):
        with lock:
            self.answer({"bills": bills, "rows": rows, "again": again, "requests": requests, "asked": asked["count"]})

    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/control":
            with lock:
                faults.update(json.loads(data))
            return self.answer({})
        which = "top" if self.path == "/top" else "fsi"
        fault = next_fault(which)
        if fault == "drop":
            self.close_connection = True
            return None
        if fault == "500":
            return self.answer(b"Internal Server Error", 500, "text/plain")
        if fault == "html":
            return self.answer("<html>登录</html>".encode(), 200, "text/html")
        if fault == "garbage":
            return self.answer(b'{"half":', 200)
        body = self.top(data, fault) if which == "top" else self.fsi(data, fault)
        return self.hang() if fault == "timeout" else self.answer(body)

    # ---- the trace platform
    def top(self, data, fault):
        fields = dict(urllib.parse.parse_qsl(data.decode(), keep_blank_values=True))
        method = fields.get("method", "")
        sign = fields.pop("sign", "")
        base = SECRET + "".join(k + v for k, v in sorted(fields.items())) + SECRET
        if fault == "signature" or sign != hashlib.md5(base.encode()).hexdigest().upper():
            return {"error_response": {"code": 25, "msg": "Invalid signature", "sub_code": "isv.sign-error"}}
        if fault == "busy":
            return {"error_response": {"code": 7, "msg": "App Call Limited", "sub_msg": "频率超限，稍后再试"}}
        name = method.removeprefix(PREFIX)
        with lock:
            heard(name)
            if name in ("uploadinoutbill", "uploadretail"):
                result = self.take_bill(name, fields, fault)
            elif name == "query.billstatus":
                result = self.status(fields)
            elif name == "listupout.detail":
                result = self.despatch(fields)
            else:
                return {"error_response": {"code": 22, "msg": "Invalid Method"}}
        return {method.replace(".", "_") + "_response": {"result": result, "request_id": "r"}}

    def take_bill(self, name, fields, fault):
        wanted = INOUT if name == "uploadinoutbill" else COMMON
        missing = [f for f in wanted if not fields.get(f)]
        code = fields.get("bill_code", "")
        no = {"response_success": False}
        if missing:
            return {**no, "msg_code": "PARAM_EMPTY", "msg_info": "必填参数为空：" + ",".join(missing)}
        if code in told_done:
            again.append(code)
        if code in bills:
            return {**no, "msg_code": "BILL_FILE_NAME_DUPLICATE_UPLOAD", "msg_info": "文件名重复"}
        codes = fields["trace_codes"].split(",")
        if len(codes) > 3500 or any(len(c) != 20 or not c.isdigit() or c[0] != "8" for c in codes):
            return {**no, "msg_code": "BILL_DECODE_ERROR", "msg_info": "单据转码失败"}
        if fault == "reject":
            return {**no, "msg_code": "ISV_NO_RIGHT", "msg_info": "没有权限"}
        if fault != "lie":
            bad = any(c.endswith("404") for c in codes)
            bills[code] = {"codes": codes, "type": fields["bill_type"], "asked": 0, "bad": bad,
                           "check": fields.get("xt_is_check", ""), "why": fields.get("xt_check_code_desc", ""),
                           "patient": fields.get("user_name", "") + fields.get("customer_id", "")}
        return {"response_success": True, "msg_code": "SUCCESS", "msg_info": "", "model": "q1"}

    def status(self, fields):
        bill = bills.get(fields.get("bill_code", ""))
        found = []
        if bill:
            bill["asked"] += 1
            kind = "0" if bill["asked"] == 1 else ("4" if bill["bad"] else "3")
            if kind == "3":
                told_done.add(fields["bill_code"])
            found = [{"bill_code": fields["bill_code"], "result_type": kind,
                      "process_info": "码不存在" if kind == "4" else ""}]
        return {"response_success": True, "msg_code": "SUCCESS",
                "model": {"total_num": len(found), "result_list": {"bill_deal_status_search_do": found}}}

    def despatch(self, fields):
        codes = [{"code": f"8123456{n:013d}", "code_level": "1"} for n in range(901, 904)]
        drug = {"produce_batch_no": "P1", "produce_date": "2026-01-05", "valid_end_date": "20280630",
                "prod_name": "阿莫西林胶囊", "code_info_list_dto_list": {"code_info_list_dto": codes}}
        if fields["bill_code"] != "CK001":
            return {"response_success": False, "msg_code": "NOT_FOUND", "msg_info": "单据不存在"}
        return {"response_success": True, "msg_code": "SUCCESS",
                "model": {"bill_code": "CK001", "ent_send_name": "县医药公司",
                          "drug_infos_dto_list": {"drug_infos_dto": [drug]}}}

    # ---- the insurance platform
    def fsi(self, data, fault):
        request = json.loads(data)
        infno = request["infno"]
        bare = infno.rstrip("A")
        with lock:
            heard(infno)
            if fault == "busy":
                return {"infcode": "-1", "err_msg": "系统繁忙，请稍后"}
            if fault == "signature":
                return {"infcode": "-1", "err_msg": "sign 验签失败"}
            if fault == "empty":
                return {"infcode": 0, "err_msg": "", "output": {}}
            node = next(iter(request["input"].values()))
            if infno.endswith("A"):
                results = []
                for at, row in enumerate(node):
                    if fault == "half" and at >= len(node) / 2:
                        continue
                    results.append({"fixmedins_bchno": row["fixmedins_bchno"], **self.take_row(bare, row, fault)})
                return {"infcode": 0, "err_msg": "", "output": {"result": results}}
            return {"infcode": 0, "err_msg": "", "output": {"result": self.take_row(bare, node, fault)}}

    def take_row(self, infno, row, fault):
        number = row.get("fixmedins_bchno", "")
        missing = [f for f in REQUIRED[infno] if not row.get(f)]
        if missing:
            return {"retRslt": "0", "msgRslt": "必填项为空：" + ",".join(missing)}
        key = infno + ":" + number
        if key in rows:
            again.append(key)
            return {"retRslt": "0", "msgRslt": "该批次流水号已上传，请勿重复"}
        if fault == "reject":
            return {"retRslt": "0", "msgRslt": "医疗目录编码不存在"}
        codes = [one["drug_trac_codg"] for one in row.get("drugtracinfo", [])]
        cut = [",".join(codes), row.get("sel_retn_cnt") or row.get("purc_retn_cnt") or row.get("cnt"),
               row.get("trdn_flag")]
        rows[key] = cut if LEAN else row
        return {"retRslt": "1", "msgRslt": "成功"}


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
