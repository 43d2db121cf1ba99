"""Who works in the demonstration. The password is printed on purpose: nothing here is real."""

from dataclasses import dataclass

DEMO_PASSWORD = "ketamine-demo"  # noqa: S105


@dataclass(frozen=True)
class DemoPerson:
    """One member of the demonstration's staff."""

    username: str
    name: str
    role: str
    credentials: str
    does: str
    phone: str = ""


# Numbers that belong to nobody; texts go into a folder of the demonstration.
DEMO_PEOPLE = (
    DemoPerson("fran", "Fran Desmond", "front_desk", "", "front desk: the board, new people"),
    DemoPerson(
        "priya",
        "Dr Priya Raman",
        "prescriber",
        "MD",
        "prescriber: evaluates, signs doses",
        "+15205550101",
    ),
    DemoPerson("nora", "Nora Lindqvist", "nurse", "RN", "nurse: runs the sessions"),
    DemoPerson("wes", "Wes Okafor", "nurse", "RN", "nurse: the witness"),
    DemoPerson("ines", "Inés Marín", "inventory_officer", "PharmD", "inventory: vials and counts"),
    DemoPerson(
        "miriam",
        "Dr Miriam Adeyemi",
        "medical_director",
        "MD",
        "medical director",
        "+15205550102",
    ),
    DemoPerson("theo", "Theo Brandt", "therapist", "LMFT", "therapist: preparation, integration"),
    DemoPerson("aude", "Aude Keller", "auditor", "", "auditor: reads everything, writes nothing"),
    DemoPerson("sam", "Sam Iyer", "system_admin", "", "keeps the machine; sees no person"),
)
