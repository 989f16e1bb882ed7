package checkout

// The languages of the payment page, as LangType names them (the provider's manual NDNF-1.1.9 §4.2).
const (
	LangChinese  = "zh-tw"
	LangEnglish  = "en"
	LangJapanese = "jp"
)

// text is every fixed word of the payment pages in one language. A %s takes the value named beside it.
type text struct {
	HTMLLang  string
	Skip      string
	Secure    string
	Foot      string
	TestMode  string
	PayTitle  string
	OrderHead string
	Merchant  string
	OrderNo   string
	Item      string
	Amount    string
	Comment   string
	TradeNo   string
	PayTime   string
	PayBy     string // time of day
	TimeLeft  string // {t} is replaced by the script
	TimeOver  string
	FixErrors string

	Method      string
	Kinds       map[string]string
	Terms       string
	TermOption  string // number of instalments, amount of each
	BonusLink   string
	BonusHow    string
	BonusBanks  string
	CardHead    string
	CardNo      string
	Expiry      string
	ExpMonth    string
	ExpYear     string
	CVC         string
	CVCHint     string
	HolderHead  string
	HolderNote  string
	LastName    string
	FirstName   string
	Phone       string
	PhoneHint   string
	Email       string
	EmailFixed  string
	Consents    string
	AgreeOrder  string
	AgreeTerms  string
	TermsHead   string
	TermsBody   []string
	Pay         string // amount
	Paying      string
	BackToShop  string
	BrandLabel  string
	OnlyThrough string // how card details travel

	ProcessTitle string
	ProcessText  string
	ProcessWait  string
	ProcessAgain string

	PaidTitle    string
	FailedTitle  string
	PaidText     string
	FailedText   string
	ResultCode   string
	ReturnNow    string
	KeepNumber   string
	ExpiredTitle string
	ExpiredText  string
	ExpiredNext  string

	FaultTitle     string
	FaultCode      string
	FaultPayer     string
	FaultPayerText string
	FaultDev       string
	FaultDevText   string
	RequestID      string
}

// textFor returns the table of a language; an unknown one gets Chinese, as the provider's manual says.
func textFor(lang string) text {
	switch lang {
	case LangEnglish:
		return english
	case LangJapanese:
		return japanese
	default:
		return chinese
	}
}
