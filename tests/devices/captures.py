"""Messages as devices send them, written by hand for these tests after the layout of IHE PCD-01."""

MONITOR = "BEDMON^0A0B0CFFFE000042^EUI-64"
PUMP = "BEDPUMP^0A0B0CFFFE000077^EUI-64"
MSH = (
    "MSH|^~\\&|{sender}|WARD|OPENKET|WARD|20260703090000+0200||ORU^R01^ORU_R01|{id}|P|2.6"
    "|||NE|AL||UNICODE UTF-8|||IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"
)
PID = "PID|||MRN7007^^^WARD^MR||FIXTURE^FERN^^^^^L"
WHEN = "20260703090000+0200"


def message(*lines, sender=MONITOR, control="C1", msh=MSH, pid=PID, obr_time=WHEN):
    """A whole monitor message around some OBX rows."""
    head = msh.format(sender=sender, id=control)
    order = f"{control}^BEDMON^0A0B0CFFFE000042^EUI-64"
    obr = f"OBR|1|{order}|{order}|182777000^monitoring of patient^SCT|||{obr_time}"
    rows = [line for line in (head, pid, "PV1||O|INF^ROOM2^CHAIR5", obr, *lines) if line]
    return ("\r".join(rows) + "\r").encode()


def numeric(n, code, place, value, unit, status="R", when=WHEN, flags=""):
    """One OBX with a number."""
    return f"OBX|{n}|NM|{code}^MDC|{place}|{value}|{unit}^MDC||{flags}|||{status}|||{when}"


HR, RR, SPO2 = "147842^MDC_ECG_HEART_RATE", "151562^MDC_RESP_RATE", "150456^MDC_PULS_OXIM_SAT_O2"
SYS, DIA = "150021^MDC_PRESS_BLD_NONINV_SYS", "150022^MDC_PRESS_BLD_NONINV_DIA"
MEAN, ETCO2 = "150023^MDC_PRESS_BLD_NONINV_MEAN", "151708^MDC_CONC_AWAY_CO2_ET"
BPM, BREATHS = "264864^MDC_DIM_BEAT_PER_MIN", "264928^MDC_DIM_RESP_PER_MIN"
MMHG, PERCENT = "266016^MDC_DIM_MMHG", "262688^MDC_DIM_PERCENT"
MDS = (
    "OBX|1||69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC|1.0.0.0|||||||X"
    "|||||||0A0B0CFFFE000042^BEDMON"
)

FULL_MONITOR = message(
    MDS,
    numeric(2, HR, "1.5.1.1", "76", BPM),
    "OBX|3||69854^MDC_DEV_METER_PRESS_BLD_VMD^MDC|1.13.0.0|||||||X",
    "OBX|4||69855^MDC_DEV_METER_PRESS_BLD_CHAN^MDC|1.13.1.0|||||||X",
    numeric(5, SYS, "1.13.1.1", "131", MMHG),
    numeric(6, DIA, "1.13.1.2", "82", MMHG),
    numeric(7, MEAN, "1.13.1.3", "98.5", MMHG),
    numeric(8, SPO2, "1.22.1.1", "96", PERCENT),
    numeric(9, RR, "1.20.1.1", "15", BREATHS),
    numeric(10, ETCO2, "1.20.1.2", "", MMHG, status="X"),
)

FULL_PUMP = (
    "\r".join(
        (
            MSH.format(sender=PUMP, id="P1").replace("UNICODE UTF-8", ""),
            PID,
            "PV1||O|INF^ROOM2^CHAIR5",
            f"OBR|1|ORD9^OPENKET|P1^BEDPUMP|69985^MDC_DEV_PUMP_INFUS_MDS^MDC|||{WHEN}",
            "OBX|1||69985^MDC_DEV_PUMP_INFUS_MDS^MDC|1.0.0.0|||||||X|||||||PUMP-42^BEDPUMP",
            "OBX|2||69986^MDC_DEV_PUMP_INFUS_VMD^MDC|1.1.0.0|||||||X",
            f"OBX|3|CWE|184508^MDC_PUMP_STAT^MDC|1.1.1.1|^pump-status-paused^MDC||||||R|||{WHEN}",
            numeric(
                4,
                "157784^MDC_FLOW_FLUID_PUMP",
                "1.1.1.2",
                "0.875",
                "265234^MDC_DIM_MILLI_L_PER_MIN",
            ),
            f"OBX|5|ST|184330^MDC_DRUG_NAME_TYPE^MDC|1.1.2.1|ketamine||||||R|||{WHEN}",
            numeric(6, "157760^MDC_CONC_DRUG", "1.1.2.2", "1", "264306^MDC_DIM_MILLI_G_PER_ML"),
            numeric(
                7, "157872^MDC_VOL_FLUID_TBI_REMAIN", "1.1.2.4", "21.5", "263762^MDC_DIM_MILLI_L"
            ),
        )
    )
    + "\r"
).encode()

ACK = (
    b"MSH|^~\\&|OPENKET|WARD|BEDMON^0A0B0CFFFE000042^EUI-64|WARD|20260703090001+0200||ACK^R01^ACK"
    b"|A1|P|2.6\rMSA|AA|C1\r"
)
NAK = (
    b"MSH|^~\\&|OPENKET|WARD|BEDMON^0A0B0CFFFE000042^EUI-64|WARD|20260703090001+0200||ACK^R01^ACK"
    b"|A2|P|2.6\rMSA|AE|C2\rERR||PID^1^3|204^Unknown key identifier^HL70357|E"
    b"||||patient not associated with device\r"
)
