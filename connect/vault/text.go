package vault

// texts are what frames say, by language.
var texts = map[string]map[string]string{
	"en": {
		"bank": "Bank details", "identity": "Identity", "card": "Test card", "optional": "optional",
		"missing": "This is needed.", "wrong": "This is not right. Please check it.", "later": "That did not work. Please try again.", "wait": "Please wait.",
		"account_holder_name": "Account holder", "account_number": "Account number", "account_type": "Account type", "bank_code": "Bank code",
		"bic": "BIC", "branch_code": "Branch code", "bsb": "BSB", "cbu": "CBU", "clabe": "CLABE", "iban": "IBAN", "ifsc": "IFSC code",
		"institution_number": "Institution number", "routing_number": "Routing number", "sort_code": "Sort code", "transit_number": "Transit number",
		"type_checking": "Checking", "type_savings": "Savings", "type_ordinary": "Ordinary", "type_vista": "Vista", "type_futsu": "Futsu", "type_toza": "Toza",
		"first_name": "First name", "last_name": "Last name", "birth_date": "Date of birth", "id_number": "Identity number",
		"number": "Card number", "exp_month": "Month of expiry", "exp_year": "Year of expiry", "cvc": "Security code",
	},
	"fr": {
		"bank": "Coordonnées bancaires", "identity": "Identité", "card": "Carte de test", "optional": "facultatif",
		"missing": "Ce champ est nécessaire.", "wrong": "Ce n’est pas correct. Veuillez vérifier.", "later": "Cela n’a pas fonctionné. Veuillez réessayer.", "wait": "Veuillez patienter.",
		"account_holder_name": "Titulaire du compte", "account_number": "Numéro de compte", "account_type": "Type de compte", "bank_code": "Code banque",
		"bic": "BIC", "branch_code": "Code guichet", "bsb": "BSB", "cbu": "CBU", "clabe": "CLABE", "iban": "IBAN", "ifsc": "Code IFSC",
		"institution_number": "Numéro d’institution", "routing_number": "Numéro d’acheminement", "sort_code": "Code de tri", "transit_number": "Numéro de transit",
		"type_checking": "Compte courant", "type_savings": "Compte d’épargne", "type_ordinary": "Ordinaire", "type_vista": "Vista", "type_futsu": "Futsu", "type_toza": "Toza",
		"first_name": "Prénom", "last_name": "Nom", "birth_date": "Date de naissance", "id_number": "Numéro d’identité",
		"number": "Numéro de carte", "exp_month": "Mois d’expiration", "exp_year": "Année d’expiration", "cvc": "Code de sécurité",
	},
}

// testNumbers are the documented test cards that the simulated acquirer has tokens for, as
// connect.TestToken takes them: the test form takes no other.
var testNumbers = []string{
	"4242424242424242", "4000000000000077", "4000000000000002", "4000000000009995", "4000000000009987", "4000000000009979",
	"4000000000000069", "4000000000000127", "4000000000000119", "4000000000006975", "4000000000007726", "4000008260000000",
	"4000002760000016", "4000003920000003", "4000000000000259", "4000000000002685", "4000000000001976", "4000000000005423",
	"4000000000000101", "4000000000000036", "4000000000003220", "4000002760003184",
}
