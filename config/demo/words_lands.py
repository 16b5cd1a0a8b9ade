"""What people, companies and streets are called in the countries of the large demo. All made up from common parts.

A word of another script carries its Latin spelling after ``=``, for addresses: ``山=yama``.
"""

# ruff: noqa: E501, RUF001 (lists of words, in the letters of their languages)
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class City:
    """A city: ``postal`` and ``landline`` are patterns, each ``#`` a digit; the point is the middle, in degrees."""

    name: str
    region: str
    postal: str
    latitude: float
    longitude: float
    landline: str


@dataclass(frozen=True, slots=True)
class Land:
    """A country: ``share`` of all companies, ``served_by`` the country of the teams that sell there, ``hours`` from UTC.

    Surnames are ``surnames`` and each of ``stems`` with each of ``endings``. ``firms`` are patterns over
    ``{trade} {surname} {word} {city}``; ``roads`` over ``{number} {street}``.
    """

    code: str
    share: int
    served_by: str
    language: str
    zone: str
    hours: int
    currency: str
    given: str
    surnames: str
    stems: str
    endings: str
    trades: str
    words: str
    firms: tuple[str, ...]
    forms: tuple[str, ...]
    roads: str
    streets: str
    mobile: str
    titles: tuple[str, str, str, str]
    cities: tuple[City, ...]
    family_first: bool = False


FRANCE = Land(
    "FR", 34, "FR", "fr", "Europe/Paris", 1, "EUR",
    given="Camille Léa Hugo Nathan Zoé Chloé Théo Mathilde Antoine Élodie Nadia Rémi Jean-Luc Anne-Sophie Hélène François Benoît Claire "
    "Inès Marc Solène Maëlle Karim Yasmine Gaël Loïc Aurélie Cédric Thérèse Noémie Éric Joëlle Stéphane Véronique Julien Margaux "
    "Baptiste Océane Sébastien Agnès Pierre Lucie Grégoire Romane Fabrice Sandrine Mehdi Fatou Amadou Marie-Claude",
    surnames="Moreau Garnier Bertrand Roussel Haddad Fontaine Chevalier Perrin Dupont Dupond Durand Lefèvre Lefebvre Gérard Müller "
    "Guérin Benali Lemaître Thévenin Marchand Vautrin Delorme Lacaze N'Diaye O'Kelly Diallo Traoré Nguyen Kervarec Guivarch",
    stems="Bel Bonn Bour Cast Chab Chast Clerm Courv Dall Épin Fav Ferr Flor Gaill Grand Guill Herb Jard Lav Marc Maur Mont Mor "
    "Noir Perr Poul Rav Rég Riv Roch Sall Sav Tall Thiv Val Vern",
    endings="ault ier eau in et igny ard el ois ac on elle aud erat ande ot oux ignac eron illon",
    trades="Laiterie Conserverie Biscuiterie Brasserie Fromagerie Chocolaterie Salaisons Huilerie Minoterie Verrerie Cartonnerie "
    "Savonnerie Parfumerie Laboratoires Emballages Plasturgie Mécanique Menuiserie Imprimerie Transports Pépinières Charcuterie "
    "Boulangerie Distillerie Torréfaction Cosmétiques",
    words="Alpages Vallée Rivage Clairière Moulin Source Verger Cèdre Horizon Étoile Soleil Granit Chêne Aube Littoral Terroir "
    "Colline Forêt Azur Nord Val Prairie Lavande Marée",
    firms=("{trade} {surname}", "{trade} {surname} {city}", "{surname} et Fils {trade}", "{trade} {word} {surname}",
           "Établissements {surname} {word}", "{word} {trade} {city}"),
    forms=("", "", "SARL", "SAS", "S.A.S.", "SA"),
    roads="{number} rue {street}",
    streets="Victor-Hugo|de la République|Jean-Jaurès|des Lilas|du Faubourg|Pasteur|de la Gare|des Tanneurs|du 8-Mai|Émile-Zola|"
    "de l'Industrie|des Entrepreneurs|du Port|Saint-Michel|des Écoles|Marie-Curie|de Verdun|du Château|des Peupliers|Ampère",
    mobile="+336########",
    titles=("Chef d'atelier", "Responsable qualité", "Responsable achats", "Gérant"),
    cities=(
        City("Lyon", "Auvergne-Rhône-Alpes", "6900#", 45.7580, 4.8351, "+33478######"),
        City("Villeurbanne", "Auvergne-Rhône-Alpes", "69100", 45.7719, 4.8902, "+33472######"),
        City("Saint-Étienne", "Auvergne-Rhône-Alpes", "42#00", 45.4397, 4.3872, "+33477######"),
        City("Grenoble", "Auvergne-Rhône-Alpes", "38#00", 45.1885, 5.7245, "+33476######"),
        City("Clermont-Ferrand", "Auvergne-Rhône-Alpes", "63#00", 45.7772, 3.0870, "+33473######"),
        City("Paris", "Île-de-France", "7501#", 48.8566, 2.3522, "+3314#######"),
        City("Créteil", "Île-de-France", "940##", 48.7904, 2.4556, "+33149######"),
        City("Marseille", "Provence-Alpes-Côte d'Azur", "1300#", 43.2965, 5.3698, "+33491######"),
        City("Toulouse", "Occitanie", "31#00", 43.6047, 1.4442, "+33561######"),
        City("Bordeaux", "Nouvelle-Aquitaine", "33#00", 44.8378, -0.5792, "+33556######"),
        City("Nantes", "Pays de la Loire", "44#00", 47.2184, -1.5536, "+33240######"),
        City("Lille", "Hauts-de-France", "59#00", 50.6292, 3.0573, "+33320######"),
        City("Strasbourg", "Grand Est", "67#00", 48.5734, 7.7521, "+33388######"),
        City("Rennes", "Bretagne", "35#00", 48.1173, -1.6778, "+33299######"),
    ),
)  # fmt: skip

INDONESIA = Land(
    "ID", 26, "ID", "id", "Asia/Jakarta", 7, "IDR",
    given="Putri Rizky Wayan Siti Andi Made Fitri Dimas Intan Joko Nur Teguh Agus Bambang Budi Dewi Dian Eko Endang Gita Hadi Hendra "
    "Indah Irfan Kadek Ketut Lestari Lia Maya Nia Novi Ratna Rini Sari Slamet Sri Surya Tri Wulan Yanti Yusuf Zainal Muhammad Ahmad "
    "Ayu Bagus Cahya Fajar Galih Mega",
    surnames="Wijaya Siregar Hidayat Nugroho Rahmawati Simanjuntak Saputra Lestari Gunawan Santoso Wulandari Puspita Hakim Prasetyo "
    "Kusumawardhani Nasution Lubis Sitompul Tanjung Harahap Pangestu Hutapea Manurung Situmorang Panjaitan Tobing",
    stems="Su Har Sa Wi Pur Kus Jat Mul Setya Adi Dar Gun Her Mar Nur Pra Rah Sas Tri Yud Bud Hendr Isk Lak",
    endings="yanto tono diman geng wati santi mawan kusuma nagara mulyo handoko darmo wibowo priyono karta ningsih widodo rahardjo",
    trades="Kopi Kerupuk Herbal Roti Teh Beras Minyak Farmasi Kosmetika Pakan Plastik Kemasan Tekstil Garam Gula Rempah Susu Mebel "
    "Keramik Baja Logistik Percetakan Sambal Kelapa",
    words="Sumber Rasa Nusantara Segar Abadi Jaya Makmur Murni Maju Sejahtera Lestari Sentosa Mandiri Bersama Utama Indah Mulia Prima "
    "Karya Cipta Sinar Bintang Mitra Tunas Harapan Timur Agung Raya",
    firms=("PT {word} {trade} {surname}", "CV {trade} {word} {city}", "PT {word} {trade} {city}", "UD {trade} {surname} {word}",
           "PT {surname} {word}", "CV {surname} {trade}"),
    forms=("", "", "", "Tbk"),
    roads="Jl. {street} No. {number}",
    streets="Sudirman|Thamrin|Diponegoro|Gajah Mada|Ahmad Yani|Raya Darmo|Pemuda|Veteran|Merdeka|Hayam Wuruk|Basuki Rahmat|Pahlawan|"
    "Gatot Subroto|Imam Bonjol|Kartini|Raya Industri|Rungkut|Cendana|Melati|Mawar",
    mobile="+62812########",
    titles=("Supervisor lini", "Manajer produksi", "Kepala pembelian", "Direktur"),
    cities=(
        City("Surabaya", "Jawa Timur", "602##", -7.2575, 112.7521, "+62315######"),
        City("Sidoarjo", "Jawa Timur", "612##", -7.4478, 112.7183, "+62318######"),
        City("Gresik", "Jawa Timur", "611##", -7.1566, 112.6555, "+62313######"),
        City("Malang", "Jawa Timur", "651##", -7.9666, 112.6326, "+62341######"),
        City("Jakarta Selatan", "DKI Jakarta", "12###", -6.2615, 106.8106, "+62217######"),
        City("Jakarta Barat", "DKI Jakarta", "11###", -6.1674, 106.7637, "+62215######"),
        City("Bekasi", "Jawa Barat", "171##", -6.2383, 106.9756, "+62218######"),
        City("Bandung", "Jawa Barat", "401##", -6.9175, 107.6191, "+62222######"),
        City("Semarang", "Jawa Tengah", "501##", -6.9667, 110.4167, "+62248######"),
        City("Yogyakarta", "DI Yogyakarta", "552##", -7.7956, 110.3695, "+62274######"),
        City("Medan", "Sumatera Utara", "201##", 3.5952, 98.6722, "+62614######"),
        City("Makassar", "Sulawesi Selatan", "901##", -5.1477, 119.4327, "+62411######"),
    ),
)  # fmt: skip

GERMANY = Land(
    "DE", 10, "FR", "de", "Europe/Berlin", 1, "EUR",
    given="Anna Jürgen Björn Käthe Lukas Sören Jörg Heike Ulrike Günther Petra Thomas Sabine Stefan Wolfgang Monika Andreas Claudia Uwe "
    "Katrin Matthias Birgit Florian Lena Jonas Mia Felix Hannah Maximilian Sophie Özlem Mehmet Ayşe Piotr Svenja Hans-Peter",
    surnames="Müller Schäfer Größe Weiß Böhm Köhler Krüger Schröder Yılmaz Kaya Nowak Groß Fuchs Vogel Jäger Bäcker",
    stems="Berg Stein Hof Wald Acker Brand Eich Feld Grün Haus Kirch Klein Linden Neu Ober Reich Sand Schön Tann Thal Unter Wein Winkel "
    "Zimmer Lang Rosen Blum Kauf",
    endings="mann er bauer müller meier berger hofer becker heim bach hauer städter",
    trades="Maschinenbau Molkerei Brauerei Verpackungen Metallbau Feinkost Kunststofftechnik Logistik Druckerei Backwaren Chemie "
    "Werkzeugbau Fördertechnik Armaturen Getränke Möbelwerke Anlagenbau Papierwerke",
    words="Nord Süd Rhein Alster Elbe Neckar Harz Alpen Heide Taunus Spree Main Weser Donau Eifel Mosel",
    firms=("{surname} {trade}", "{trade} {surname} {city}", "{word}{trade} {surname}", "Gebrüder {surname} {trade}", "{trade} {word} {surname}"),
    forms=("GmbH", "GmbH & Co. KG", "AG", "KG", "", "e.K."),
    roads="{street} {number}",
    streets="Hauptstraße|Bahnhofstraße|Gartenstraße|Industriestraße|Schillerstraße|Goethestraße|Lindenallee|Am Hafen|Mühlenweg|Ringstraße|"
    "Bergstraße|Gewerbepark|Kirchgasse|Marktplatz|Schloßstraße|Dorfstraße",
    mobile="+49151########",
    titles=("Meister", "Leiter Qualität", "Einkaufsleiterin", "Geschäftsführer"),
    cities=(
        City("Berlin", "Berlin", "10###", 52.5200, 13.4050, "+4930#######"),
        City("Hamburg", "Hamburg", "20###", 53.5511, 9.9937, "+4940#######"),
        City("München", "Bayern", "80###", 48.1351, 11.5820, "+4989#######"),
        City("Köln", "Nordrhein-Westfalen", "50###", 50.9375, 6.9603, "+49221#######"),
        City("Stuttgart", "Baden-Württemberg", "70###", 48.7758, 9.1829, "+49711#######"),
        City("Leipzig", "Sachsen", "04###", 51.3397, 12.3731, "+49341#######"),
    ),
)  # fmt: skip

BRITAIN = Land(
    "GB", 9, "FR", "en", "Europe/London", 0, "GBP",
    given="Oliver Amelia Harry Isla George Ava Noah Emily Jack Sophia Siân Rhys Eilidh Callum Aoife Sean Priya Rajesh Zainab Mohammed "
    "Charlotte Edward Fiona Graham Hazel Imogen Keith Lorna Nigel Philippa Rupert Sheila Trevor Wendy",
    surnames="O'Brien Smith Jones Patel Khan Taylor Brown Davies Evans MacDonald Singh Wright Walker Begum O'Neill Fitzgerald Smythe",
    stems="Ash Black Brad Bright Burn Clay Cliff East Elling Fair Green Hart High Hol King Lang Med Nor Oak Pem Rad Sher Stan Thorn West "
    "Whit Win Wood",
    endings="ton ford wood field ley worth ham bury well man by dale shaw combe",
    trades="Foods Dairies Brewing Packaging Bottling Logistics Plastics Engineering Bakeries Preserves Printing Coatings Ceramics Textiles "
    "Joinery Instruments Cosmetics Seafood",
    words="Albion Mersey Thames Pennine Severn Highland Cotswold Solent Tyne Avon Chiltern Fenland Harbour Meridian Oakfield Northgate",
    firms=("{surname} {trade}", "{surname} & Sons {trade}", "{word} {trade} {city}", "{surname} {word} {trade}", "{trade} of {city} {surname}"),
    forms=("Ltd", "Ltd", "Limited", "PLC", "LLP", ""),
    roads="{number} {street}",
    streets="High Street|Station Road|Church Lane|Victoria Road|Mill Lane|Park Avenue|King's Road|The Crescent|Canal Street|Dock Road|"
    "Enterprise Way|Foundry Lane|Queensway|Albert Terrace",
    mobile="+447400######",
    titles=("Line Supervisor", "Quality Manager", "Head of Procurement", "Managing Director"),
    cities=(
        City("London", "Greater London", "SE1 #AA", 51.5074, -0.1278, "+44207#######"),
        City("Manchester", "Greater Manchester", "M1 #AE", 53.4808, -2.2426, "+44161#######"),
        City("Birmingham", "West Midlands", "B1 #BB", 52.4862, -1.8904, "+44121#######"),
        City("Glasgow", "Scotland", "G2 #LD", 55.8642, -4.2518, "+44141#######"),
        City("Cardiff", "Wales", "CF10 #AF", 51.4816, -3.1791, "+442920######"),
        City("Leeds", "West Yorkshire", "LS1 #BA", 53.8008, -1.5491, "+44113#######"),
    ),
)  # fmt: skip

UNITED_STATES = Land(
    "US", 9, "FR", "en", "America/Chicago", -6, "USD",
    given="James Mary Robert Patricia Michael Jennifer José María Luis Guadalupe DeShawn Latoya Ethan Olivia Liam Emma Mason Harper Wei "
    "Xin Arjun Ananya Tyler Brooke Cody Kayla Austin Megan Logan Savannah Earl Dolores",
    surnames="García Rodríguez Hernández Nguyen Kim Johnson Williams Miller Davis Washington Jefferson Muñoz Peña Begay Lee Chen Patel",
    stems="Ander Carl Cope Crom Dick Ell Fergu Gib Har Hender Jack John Law Mad Morri Nel Pear Peter Robin Ruther Sander Simp Thom Wat Wil",
    endings="son sen man field ford ton well wood berg stein",
    trades="Foods Packaging Bottling Logistics Manufacturing Brewing Dairy Plastics Labs Nutrition Beverages Supply Tooling Coatings "
    "Systems Orchards Ranch Millworks",
    words="Prairie Summit Lakeshore Pioneer Liberty Redwood Cascade Heartland Bluebonnet Evergreen Mesa Delta Harbor Frontier Sunbelt Cypress",
    firms=("{surname} {trade}", "{word} {trade} {surname}", "{surname} Brothers {trade}", "{word} {city} {trade}", "{surname} & {word} {trade}"),
    forms=("Inc.", "LLC", "Corp.", "Co.", ""),
    roads="{number} {street}",
    streets="Main Street|Oak Avenue|Industrial Boulevard|Washington Street|Commerce Drive|Elm Street|County Road 12|Lakeview Drive|"
    "Martin Luther King Jr. Boulevard|Railroad Avenue|Sunset Boulevard|Second Street|Highway 61|Market Street",
    mobile="+1312#######",
    titles=("Plant Supervisor", "QA Manager", "Purchasing Manager", "President"),
    cities=(
        City("Chicago", "Illinois", "606##", 41.8781, -87.6298, "+1773#######"),
        City("Dallas", "Texas", "752##", 32.7767, -96.7970, "+1214#######"),
        City("Atlanta", "Georgia", "303##", 33.7490, -84.3880, "+1404#######"),
        City("Minneapolis", "Minnesota", "554##", 44.9778, -93.2650, "+1612#######"),
        City("Newark", "New Jersey", "071##", 40.7357, -74.1724, "+1973#######"),
        City("Fresno", "California", "937##", 36.7378, -119.7871, "+1559#######"),
    ),
)  # fmt: skip

JAPAN = Land(
    "JP", 6, "ID", "ja", "Asia/Tokyo", 9, "JPY",
    given="太郎=taro 花子=hanako 健一=kenichi 美咲=misaki 翔太=shota 陽子=yoko 大輔=daisuke 由美=yumi 直樹=naoki 恵子=keiko 誠=makoto "
    "さくら=sakura 拓也=takuya 真理=mari 浩二=koji 明美=akemi 悠斗=yuto 葵=aoi 隆=takashi 久美子=kumiko",
    surnames="佐藤=sato 鈴木=suzuki 高橋=takahashi 渡辺=watanabe 伊藤=ito 斎藤=saito 加藤=kato",
    stems="山=yama 川=kawa 中=naka 小=ko 大=o 松=matsu 高=taka 石=ishi 森=mori 池=ike 西=nishi 東=higashi 北=kita 竹=take 岩=iwa 宮=miya "
    "村=mura 藤=fuji 平=hira 浜=hama",
    endings="田=da 村=mura 川=gawa 本=moto 山=yama 野=no 口=guchi 井=i 島=shima 崎=saki 原=hara 沢=zawa",
    trades="製作所=seisakusho 食品=shokuhin 工業=kogyo 物産=bussan 化学=kagaku 酒造=shuzo 包装=hoso 印刷=insatsu 製菓=seika 乳業=nyugyo "
    "運輸=unyu 精機=seiki 製薬=seiyaku 水産=suisan",
    words="日本=nihon 東洋=toyo 富士=fuji 大和=yamato 太平洋=taiheiyo 新=shin 共和=kyowa 三和=sanwa 丸=maru 光=hikari",
    firms=("{surname}{trade}", "{word}{surname}{trade}", "{city}{surname}{trade}", "{word}{trade} {city}"),
    forms=("株式会社=", "株式会社=", "有限会社=", ""),
    roads="{street}{number}",
    streets="本町|中央|栄|港町|大手町|駅前通|工業団地|緑ヶ丘|旭町|新町|錦町|桜木町",
    mobile="+8190########",
    titles=("主任", "品質管理課長", "購買部長", "代表取締役"),
    cities=(
        City("東京=tokyo", "東京都", "10#-00##", 35.6762, 139.6503, "+813########"),
        City("大阪=osaka", "大阪府", "53#-00##", 34.6937, 135.5023, "+816########"),
        City("名古屋=nagoya", "愛知県", "46#-00##", 35.1815, 136.9066, "+8152#######"),
        City("福岡=fukuoka", "福岡県", "81#-00##", 33.5904, 130.4017, "+8192#######"),
        City("札幌=sapporo", "北海道", "06#-00##", 43.0618, 141.3545, "+8111#######"),
    ),
    family_first=True,
)  # fmt: skip

EMIRATES = Land(
    "AE", 6, "FR", "ar", "Asia/Dubai", 4, "AED",
    given="محمد=mohammed فاطمة=fatima أحمد=ahmed عائشة=aisha خالد=khaled مريم=mariam عمر=omar نورة=noura يوسف=youssef ليلى=layla حسن=hassan "
    "سارة=sara إبراهيم=ibrahim هدى=huda سعيد=saeed أمينة=amina علي=ali زينب=zainab طارق=tariq رنا=rana",
    surnames="المنصوري=almansoori النعيمي=alnuaimi الحداد=alhaddad",
    stems="الم=alm الح=alh الش=alsh الز=alz الك=alk الن=aln الر=alr الس=als الع=ala الب=alb الف=alf الق=alq",
    endings="هيري=heiri مادي=madi ربي=rabi وسوي=owswi كعبي=kaabi رشي=rashi طائي=taei وادي=wadi ناوي=nawi سيني=seini مراني=mrani ثاني=thani",
    trades="للأغذية=foods للتغليف=packaging للتجارة=trading للألبان=dairy للمشروبات=beverages للصناعات=industries للعطور=perfumes "
    "للبلاستيك=plastics للنقل=transport للأدوية=pharma",
    words="الخليج=gulf الواحة=oasis النخيل=palms الشرق=east الصحراء=desert اللؤلؤة=pearl الأمل=hope النور=light الفجر=dawn المدينة=madina",
    firms=("شركة {surname} {trade}", "{word} {surname} {trade}", "مصنع {word} {surname}", "{surname} {word} {trade} {city}"),
    forms=("", "ذ.م.م=llc", ""),
    roads="شارع {street} {number}",
    streets="الشيخ زايد|الخليج|المطار|السوق|الميناء|الصناعية|الوحدة|الاتحاد|النخيل|الكورنيش",
    mobile="+97150#######",
    titles=("مشرف خط", "مدير الجودة", "مدير المشتريات", "المدير العام"),
    cities=(
        City("دبي=dubai", "دبي", "", 25.2048, 55.2708, "+9714#######"),
        City("أبو ظبي=abudhabi", "أبو ظبي", "", 24.4539, 54.3773, "+9712#######"),
        City("الشارقة=sharjah", "الشارقة", "", 25.3463, 55.4209, "+9716#######"),
    ),
)  # fmt: skip

LANDS = (FRANCE, INDONESIA, GERMANY, BRITAIN, UNITED_STATES, JAPAN, EMIRATES)

SECTORS = (
    "Food",
    "Cosmetics",
    "Pharmaceuticals",
    "Beverages",
    "Chemicals",
    "Pet food",
    "Logistics",
    "Printing",
    "Plastics",
    "Retail",
)
SOURCES = ("Website", "Trade show", "Referral", "Webinar", "Directory", "Phone call", "Newsletter", "Partner", "Search")
LEVELS = ("user", "influencer", "decision_maker", "signer")
