"""The market of the demo: what Selaras Emballage sells, to whom, and how people come to hear of it. All made up."""

from __future__ import annotations

from dataclasses import dataclass

INSIDE, OUTSIDE, HYBRID = "inside", "outside", "hybrid"


@dataclass(frozen=True, slots=True)
class ProductPart:
    """Something sold: price and currency, margin, cycle in days, how it is shown and delivered."""

    name: str
    family: str
    price: str
    currency: str
    margin: str
    days: int
    demo: str
    is_remote: bool
    motion: str


PRODUCTS = (
    ProductPart("Filling line FL-12", "Filling lines", "84000", "EUR", "0.28", 120, "physical", False, OUTSIDE),
    ProductPart("Palletiser P3", "Palletisers", "46000", "EUR", "0.31", 90, "physical", False, OUTSIDE),
    ProductPart("Checkweigher W-50", "Weighing", "9800", "EUR", "0.35", 45, "remote", False, HYBRID),
    ProductPart("Timbangan W-20", "Weighing", "68000000", "IDR", "0.33", 40, "physical", False, HYBRID),
    ProductPart("Line monitoring", "Software", "4680", "EUR", "0.82", 21, "remote", True, INSIDE),
    ProductPart("Cartons by subscription", "Supplies", "2400", "EUR", "0.22", 10, "none", True, INSIDE),
    ProductPart("Spare parts plan", "Service", "1950", "EUR", "0.55", 14, "none", True, INSIDE),
)

# name, kind, days ago it began, days it ran, cost in EUR
CAMPAIGNS = (
    ("Webinar: less giveaway on the line", "webinar", 210, 1, "1800"),
    ("Salon de l'emballage", "trade_show", 150, 4, "26500"),
    ("Newsletter", "email", 330, 330, "3600"),
    ("Customers bring customers", "referral", 280, 365, "2500"),
    ("Line monitoring trial", "trial", 120, 120, "900"),
)

SECTORS = ("Food", "Cosmetics", "Pharmaceuticals", "Beverages", "Chemicals", "Pet food", "Logistics")
# Where they heard of us, by the door they came through.
SOURCES = {
    "form": ("Website", "Webinar", "Search"),
    "email": ("Website", "Directory", "Referral"),
    "call": ("Phone call", "Directory", "Referral"),
    "event": ("Trade show",),
    "rep": ("Referral", "Directory"),
}

# city, postal code, region, country, latitude, longitude
PLACES = (
    ("Lyon", "69003", "Auvergne-Rhône-Alpes", "FR", "45.75610", "4.85200"),
    ("Villeurbanne", "69100", "Auvergne-Rhône-Alpes", "FR", "45.77190", "4.89020"),
    ("Saint-Étienne", "42000", "Auvergne-Rhône-Alpes", "FR", "45.43970", "4.38720"),
    ("Grenoble", "38000", "Auvergne-Rhône-Alpes", "FR", "45.18850", "5.72450"),
    ("Valence", "26000", "Auvergne-Rhône-Alpes", "FR", "44.93340", "4.89240"),
    ("Bourg-en-Bresse", "01000", "Auvergne-Rhône-Alpes", "FR", "46.20510", "5.22580"),
    ("Annecy", "74000", "Auvergne-Rhône-Alpes", "FR", "45.89920", "6.12940"),
    ("Clermont-Ferrand", "63000", "Auvergne-Rhône-Alpes", "FR", "45.77720", "3.08700"),
    ("Nantes", "44000", "Pays de la Loire", "FR", "47.21840", "-1.55360"),
    ("Lille", "59000", "Hauts-de-France", "FR", "50.62920", "3.05730"),
    ("Surabaya", "60271", "Jawa Timur", "ID", "-7.25750", "112.75210"),
    ("Sidoarjo", "61219", "Jawa Timur", "ID", "-7.44780", "112.71830"),
    ("Gresik", "61111", "Jawa Timur", "ID", "-7.15660", "112.65550"),
    ("Malang", "65119", "Jawa Timur", "ID", "-7.96660", "112.63260"),
    ("Jakarta", "12190", "DKI Jakarta", "ID", "-6.22970", "106.80790"),
    ("Bekasi", "17530", "Jawa Barat", "ID", "-6.23830", "106.97560"),
)

FRENCH_FIRMS = (
    "Laiterie des Alpages", "Conserves Marchand", "Biscuiterie du Forez", "Cosmétiques Belledonne", "Brasserie du Rhône",
    "Fromagerie Saint-Cernin", "Laboratoires Vercors", "Chocolaterie Perrache", "Moulins de la Loire", "Eaux de Chartreuse",
    "Salaisons Morel", "Confitures Tante Odile", "Peintures Dauphiné", "Huilerie de l'Ain", "Nutrition Animale Bresse",
    "Café Terreaux", "Savonnerie du Lac", "Plats Cuisinés Gerland", "Logistique Isère", "Pâtes Fraîches Vidal",
    "Herboristerie Ardéchoise", "Vins & Cie Beaujolais", "Sirops Bigallet", "Emballages Verts",
)  # fmt: skip
INDONESIAN_FIRMS = (
    "PT Sumber Rasa", "PT Kopi Nusantara", "CV Kerupuk Sidoarjo", "PT Segar Abadi", "PT Herbal Jaya", "UD Sambal Ibu Tini",
    "PT Air Murni Malang", "PT Kosmetika Ayu", "CV Roti Makmur", "PT Teh Gunung", "PT Beras Lestari", "PT Minyak Timur",
    "PT Pakan Ternak Gresik", "PT Farmasi Surya",
)  # fmt: skip

FRENCH_TITLES = (
    "Directrice industrielle",
    "Responsable achats",
    "Chef d'atelier",
    "Gérant",
    "Responsable qualité",
    "PDG",
)
INDONESIAN_TITLES = ("Manajer produksi", "Kepala pembelian", "Direktur", "Supervisor lini", "Pemilik")
LEVELS = ("user", "influencer", "decision_maker", "signer")

# In the language of their country, elsewhere in English.
ENQUIRIES = {
    "": (
        "We would like to see the line with our own bottles before the season starts.",
        "Please send a price for two units, delivered.",
        "Our present weigher is out of tolerance; how soon could somebody come by?",
        "We fill 4,000 jars an hour and want to get to 6,000.",
        "Is there a trial of the monitoring? We have one line and two shifts.",
        "We need a maintenance plan for three palletisers bought in 2019.",
    ),
    "FR": (
        "Nous voudrions voir la ligne avec nos propres bouteilles avant le début de la saison.",
        "Merci de nous envoyer un prix pour deux unités, livrées.",
        "Notre peseuse actuelle est hors tolérance ; quand quelqu'un pourrait-il passer ?",
        "Nous remplissons 4 000 pots par heure et visons 6 000.",
        "Y a-t-il un essai du suivi ? Nous avons une ligne et deux équipes.",
        "Il nous faut un plan d'entretien pour trois palettiseurs achetés en 2019.",
        "Nous cherchons une solution pour réduire le surdosage.",
    ),
    "ID": (
        "Kami ingin melihat lini ini dengan botol kami sendiri sebelum musim dimulai.",
        "Mohon kirimkan harga untuk dua unit, termasuk pengiriman.",
        "Timbangan kami sudah di luar toleransi; kapan ada yang bisa datang?",
        "Kami mengisi 4.000 stoples per jam dan ingin mencapai 6.000.",
        "Apakah ada masa uji coba untuk pemantauan? Kami punya satu lini dan dua giliran kerja.",
        "Kami perlu rencana perawatan untuk tiga palletizer yang dibeli tahun 2019.",
        "Kami perlu timbangan untuk kemasan 250 gram.",
    ),
}
COMPETITORS = ("Sidel", "Multivac", "Local integrator", "Ishida")
