# ruff: noqa: E501 (lists of words)
"""What a file can be imported as: the fields of each target, and the words by which people and other systems call them.

The words are folded headers (``crm.core.text.fold``, letters and digits alone) in English, French and Indonesian, and those of the
exports of Salesforce, HubSpot, Pipedrive and Zoho.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.core.text import fold
from leads.models import CustomField

Kind = Literal[
    "text", "long", "email", "phone", "url", "country", "currency", "day", "moment", "number", "whole", "money", "year",
    "yes_no", "choice", "choices",
]  # fmt: skip
CUSTOM = "custom:"
_NOT_LETTER = re.compile(r"[\W_]+")


def header_word(text: str) -> str:
    """A header as compared: ``"Billing Street"``, ``"BillingStreet"`` and ``"billing_street"`` are one; Salesforce's ``__c`` falls away."""
    return _NOT_LETTER.sub("", fold(re.sub(r"__c$", "", text.strip(), flags=re.IGNORECASE)))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a target. ``words`` are headers that mean it; ``group`` heads it in the choice of fields."""

    name: str
    label: str | Promise
    kind: Kind = "text"
    words: frozenset[str] = frozenset()
    longest: int = 200
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """``model`` is the label of the records made; ``fields`` in the order in which they are offered."""

    name: str
    label: str | Promise
    fields: tuple[Field, ...]
    # At least one of these must be mapped.
    needs: tuple[str, ...]

    def field(self, name: str) -> Field | None:
        return next((field for field in self.fields if field.name == name), None)


def _field(name: str, label: str | Promise, words: str = "", kind: Kind = "text", longest: int = 200) -> Field:
    return Field(name, label, kind, frozenset(words.split()), longest)


_EXTERNAL = "id recordid externalid extid identifiant identifier oldid sourceid idexterne reference ref uid"
_OWNER = _field(
    "owner",
    _("Owner"),
    "owner ownername owneremail recordowner accountowner contactowner leadowner dealowner opportunityowner hubspotowner assignedto assigneduser salesrep salesagent salesperson agent rep responsable proprietaire commercial vendeur pemilik penanggungjawab user",
    longest=254,
)
_NOTES = _field(
    "notes",
    _("Notes"),
    "notes note description descriptions comments comment commentaire commentaires remarques remarque catatan keterangan deskripsi message about aboutus contactdescription",
    "long",
    100_000,
)
_CURRENCY = _field(
    "currency",
    _("Currency"),
    "currency currencyisocode currencycode devise monnaie matauang dealcurrency",
    "currency",
    3,
)
_ADDRESS = (
    _field("street", _("Street"), "street address address1 addressline1 streetaddress billingstreet billingaddress mailingstreet mailingaddress rue adresse voie jalan alamat addressofadresse shippingstreet", longest=300),
    _field("city", _("City"), "city town billingcity mailingcity ville commune localite kota kotakab shippingcity", longest=120),
    _field("region", _("Region"), "region state stateprovince province county billingstate mailingstate billingstateprovince departement etat provinsi stateregion shippingstate", longest=120),
    _field("postal_code", _("Postal code"), "postalcode zip zipcode postcode zippostalcode billingpostalcode billingzip mailingpostalcode mailingzip codepostal cp kodepos billingcode billingzippostalcode mailingzippostalcode shippingpostalcode", longest=20),
    _field("country", _("Country"), "country countryregion billingcountry mailingcountry pays negara nation countrycode officelocation location shippingcountry", "country", 120),
)  # fmt: skip
_WEB = _field(
    "website",
    _("Website"),
    "website web url websiteurl siteweb siteinternet homepage companydomainname domain companywebsite situsweb laman webaddress domaine",
    "url",
    300,
)
_SECTOR = _field(
    "sector",
    _("Sector"),
    "sector industry industrie secteur secteuractivite branche activite sektor industri vertical bidangusaha",
    longest=80,
)
_COMPANY = (
    "company companyname account accountname organization organisation organizationname organisationname orgname entreprise societe "
    "raisonsociale nomentreprise nomsociete client customer customername perusahaan namaperusahaan firma firm employer companyaccount "
    "associatedcompany dealorganization personorganization organizationid instansi etablissement"
)
_PERSON = (
    _field("first_name", _("First name"), "firstname givenname forename prenom namadepan first leadfirstname contactfirstname", longest=100),
    _field("last_name", _("Last name"), "lastname surname familyname nomdefamille nom namabelakang last leadlastname contactlastname", longest=100),
    _field("full_name", _("Full name"), "fullname name contactname contact personname person leadname nomcomplet nometprenom prenomnom namalengkap nama leadtitle contactfullname nomprenom namakontak", longest=200),
    _field("email", _("E-mail"), "email emailaddress mail courriel adresseemail adressemail adressecourriel surel alamatemail emailaddress1 email1 workemail personemail emailwork primaryemail businessemail leademail contactemail emailpro", "email", 254),
    _field("email_2", _("Second e-mail"), "email2 secondaryemail otheremail emailhome emailother personalemail emailaddress2 email3 additionalemailaddresses", "email", 254),
    _field("phone", _("Phone"), "phone phonenumber telephone tel phone1 workphone businessphone phonework personphone telephonefixe notelepon telepon nomortelepon notelp telp numerodetelephone officephone homephone phonehome leadphone primaryphone", "phone", 60),
    _field("mobile", _("Mobile"), "mobile mobilephone cell cellphone mobilenumber portable telephoneportable telportable gsm hp nohp ponsel nomorhp phonemobile handphone mobilephonenumber whatsapp nowa", "phone", 60),
    _field("phone_2", _("Second phone"), "phone2 otherphone phoneother phone3 secondphone assistantphone", "phone", 60),
    _field("job_title", _("Job title"), "title jobtitle position function poste fonction intituleposte titre role jabatan designation profession titreposte", longest=160),
)  # fmt: skip

COMPANIES = Target(
    "companies",
    _("Companies"),
    (
        _field("name", _("Name"), f"name nom nama {_COMPANY}"),
        _field("external_id", _("External id"), f"{_EXTERNAL} accountid companyid orgid organizationid accountnumber idaccount idclient numeroclient clientid customerid siret siren idperusahaan"),
        _WEB,
        _field("phone", _("Phone"), "phone phonenumber telephone tel telepon notelepon mainphone companyphone standard numerodetelephone businessphone accountphone", "phone", 60),
        _field("email", _("E-mail"), "email emailaddress mail courriel surel companyemail adresseemail contactemail", "email", 254),
        _SECTOR,
        _field("employees", _("Employees"), "employees numberofemployees noofemployees numemployees numemp employeecount headcount effectif effectifs nombredesalaries salaries jumlahkaryawan karyawan companysize taille employeesno", "whole"),
        _field("annual_revenue", _("Annual revenue"), "annualrevenue revenue turnover chiffredaffaires ca chiffreaffaires pendapatan omzet omset sales", "money"),
        _CURRENCY,
        _field("founded_year", _("Founded in"), "foundedyear yearfounded yearestablished founded yearstarted anneedecreation anneecreation tahunberdiri datecreationentreprise established", "year"),
        _field("tier", _("Tier"), "tier rating class classe niveau category abc customertier priorite tingkat", longest=20),
        _field("parent", _("Part of"), "parent parentaccount parentcompany parentid subsidiaryof parentname groupe maisonmere filialede indukperusahaan parentaccountname parentaccountid ultimateparent parentcompanyname parentorganization"),
        *_ADDRESS,
        _OWNER,
        _NOTES,
    ),
    ("name",),
)  # fmt: skip
CONTACTS = Target(
    "contacts",
    _("Contacts"),
    (
        *_PERSON,
        _field("external_id", _("External id"), f"{_EXTERNAL} contactid personid vid idcontact idkontak"),
        _field("company", _("Company"), f"{_COMPANY} accountid companyid"),
        _field("level", _("Level"), "level seniority decisionlevel rung buyingrole tingkatkeputusan niveaudecision", longest=40),
        _field("language", _("Language"), "language preferredlanguage langue bahasa lang locale", longest=40),
        _field("do_not_contact", _("Do not contact"), "donotcontact donotcall hasoptedoutofemail emailoptout optout unsubscribed nepascontacter desabonne janganhubungi", "yes_no"),
        _WEB,
        *_ADDRESS,
        _NOTES,
    ),
    ("full_name", "last_name", "first_name", "email", "phone", "mobile"),
)  # fmt: skip
LEADS = Target(
    "leads",
    _("Leads"),
    (
        *_PERSON,
        _field("company", _("Company"), f"{_COMPANY}"),
        _field("external_id", _("External id"), f"{_EXTERNAL} leadid prospectid prospectnumber leadnumber idlead idprospect contactid"),
        _field("source", _("Source"), "source leadsource leadorigin origin origine originalsource sumber asal sumberlead canal provenance", longest=80),
        _field("product", _("Product"), "product productname produit produk productinterest interest interet servicerequested", longest=120),
        _field("campaign", _("Campaign"), "campaign campaignname campagne kampanye utmcampaign", longest=120),
        _field("expected_value", _("Expected value"), "expectedvalue value amount budget montant valeur nilai expectedrevenue leadvalue anggaran", "money"),
        _CURRENCY,
        _field("needs_demo", _("Wants to see it"), "needsdemo demo wantsdemo demonstration butuhdemo", "yes_no"),
        _field("arrived_at", _("Arrived"), "arrivedat createddate createdate created createdtime createdat creationdate datecreation datedecreation datecreated leadcreated leadcreatedtime addtime tanggal tanggalmasuk tanggaldibuat date receivedat", "moment"),
        _WEB,
        _SECTOR,
        _field("employees", _("Employees"), "employees numberofemployees noofemployees effectif jumlahkaryawan companysize", "whole"),
        *_ADDRESS,
        _OWNER,
        _NOTES,
    ),
    ("full_name", "last_name", "first_name", "email", "phone", "mobile", "company"),
)  # fmt: skip
DEALS = Target(
    "deals",
    _("Deals"),
    (
        _field("name", _("Name"), "name dealname opportunityname opportunity deal nomaffaire affaire opportunite title dealtitle namadeal peluang potentialname nom nama"),
        _field("external_id", _("External id"), f"{_EXTERNAL} opportunityid dealid oppid idopportunite idaffaire potentialid iddeal"),
        _field("company", _("Company"), f"{_COMPANY} accountid"),
        _field("contact_email", _("Contact's e-mail"), "contactemail email emailcontact personemail associatedcontactemail surelkontak", "email", 254),
        _field("product", _("Product"), "product productname produit produk item sku", longest=120),
        _field("stage", _("Stage"), "stage stagename dealstage etape phase tahap tahapan status salesstage pipelinestage statut", longest=80),
        _field("amount", _("Amount"), "amount value closevalue dealvalue dealamount montant valeur nilai opportunityamount total jumlah price prix amountincompanycurrency", "money"),
        _CURRENCY,
        _field("owner", _("Owner"), " ".join(sorted(_OWNER.words)), longest=254),
        _field("opened_on", _("Opened on"), "openedon engagedate createddate createdate created createdtime datecreation datedecreation dealcreated addtime startdate datedebut tanggalmulai tanggaldibuat createdat opendate", "day"),
        _field("close_on", _("Closes on"), "closeon closedate closingdate expectedclosedate expectedclosingdate datecloture datedecloture closedon tanggaltutup dealcloseddate wontime datefermeture", "day"),
        _field("reason", _("Reason"), "reason lossreason lostreason closedlostreason closedwonreason raison raisonperte alasan alasankalah", longest=80),
        _field("competitor", _("Competitor"), "competitor competitors maincompetitor concurrent pesaing", longest=120),
        _NOTES,
    ),
    ("external_id", "name", "company"),
)  # fmt: skip
PRODUCTS = Target(
    "products",
    _("Products"),
    (
        _field("name", _("Name"), "name product productname produit nomproduit produk namaproduk nom nama", longest=120),
        _field("code", _("Code"), "code productcode sku reference kode codeproduit kodeproduk", longest=60),
        _field("family", _("Family"), "family productfamily series gamme famille seri keluarga category categorie kategori", longest=80),
        _field("price", _("Price"), "price salesprice unitprice listprice standardprice prix prixunitaire tarif harga hargajual", "money"),
        _CURRENCY,
    ),
    ("name",),
)  # fmt: skip
TARGETS = {target.name: target for target in (LEADS, COMPANIES, CONTACTS, DEALS, PRODUCTS)}
HOLDERS = {"leads": "lead", "companies": "company", "contacts": "contact", "deals": "deal"}
_KINDS: dict[str, Kind] = {
    "text": "text", "number": "number", "money": "money", "date": "day", "choice": "choice", "choices": "choices", "yes_no": "yes_no",
}  # fmt: skip


def get_target(name: str) -> Target:
    """A target with the organisation's own fields behind the built-in ones. ``KeyError`` for an unknown name."""
    target = TARGETS[name]
    if name not in HOLDERS:
        return target
    own = CustomField.objects.filter(holder=HOLDERS[name], is_active=True, kind__in=_KINDS)
    return replace(target, fields=(*target.fields, *map(_custom, own)))


def _custom(field: CustomField) -> Field:
    words = frozenset({header_word(field.label), header_word(field.key)})
    choices = tuple((choice, choice) for choice in field.choices)
    return Field(CUSTOM + field.key, field.label, _KINDS[field.kind], words, 200, choices)
