"""The names, trades and prices a made-up firm is built from."""

GIVEN = [
    "Amara",
    "Björn",
    "Chiara",
    "Daniel",
    "Elif",
    "Fatima",
    "Gustav",
    "Hana",
    "Ivo",
    "Jamila",
    "Kenji",
    "Lena",
    "Marcus",
    "Nadia",
    "Oskar",
    "Priya",
    "Quentin",
    "Rosa",
    "Samuel",
    "Tove",
    "Umar",
    "Vera",
    "Wen",
    "Ximena",
    "Yusuf",
    "Zofia",
    "Arne",
    "Beatriz",
    "Caleb",
    "Dagny",
]
FAMILY = [
    "Adeyemi",
    "Bergström",
    "Conti",
    "Doyle",
    "Erdem",
    "Farah",
    "Gruber",
    "Haddad",
    "Iversen",
    "Jansen",
    "Kowalska",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petrov",
    "Quinn",
    "Rossi",
    "Schneider",
    "Tanaka",
    "Ueda",
    "Varga",
    "Whitfield",
    "Xu",
    "Yıldız",
    "Zeller",
]
FIRST = [
    "Alder",
    "Beacon",
    "Cobalt",
    "Dune",
    "Ember",
    "Fjord",
    "Granite",
    "Harbor",
    "Iris",
    "Juniper",
    "Keystone",
    "Linden",
    "Meridian",
    "Northgate",
    "Opal",
    "Pinecrest",
    "Quarry",
    "Ridgeway",
    "Summit",
    "Tidewater",
]
SECOND = ["Logistics", "Foods", "Energy", "Health", "Insurance", "Retail", "Mobility", "Chemicals", "Media", "Bank"]
WORK = (
    "Warehouse rollout",
    "Finance transformation",
    "Data platform",
    "Claims portal",
    "Payroll migration",
    "Supply planning",
    "Customer hub",
    "Cloud move",
    "Quality system",
    "Store network",
)
TASKS = ("Analysis", "Design", "Build", "Testing", "Training", "Project management")
NOTES = (
    "Workshop with the client team",
    "Follow-up on open points",
    "Interface specification",
    "Steering committee preparation",
    "Test cases and results",
    "Data clean-up",
    "Review of the design",
    "Support after go-live",
)
SERVICES = {
    "Analysis": "CONS-ADV",
    "Design": "CONS-ADV",
    "Build": "CONS-DEV",
    "Testing": "CONS-QA",
    "Training": "CONS-TRN",
    "Project management": "CONS-PM",
}
DEPARTMENTS = ("Strategy", "Delivery", "Engineering", "Data")
# grade, job title, rate per hour in the currency of the region's company
GRADES = (
    ("C1", "Consultant", 110),
    ("C2", "Senior consultant", 145),
    ("C3", "Manager", 185),
    ("C4", "Principal", 240),
)
# region -> company of the ERP, currency, country
SEGMENTS = ("Enterprise", "Mid-market", "Public sector")
REGIONS = {"EMEA": ("100", "EUR", "DE"), "AMER": ("200", "USD", "US"), "APAC": ("300", "USD", "SG")}
COST_CENTERS = ("CC-000", "CC-110", "CC-120", "CC-210", "CC-220", "CC-310")
COST_CENTER_OF = {"EMEA": ("CC-110", "CC-120"), "AMER": ("CC-210", "CC-220"), "APAC": ("CC-310", "CC-310")}
