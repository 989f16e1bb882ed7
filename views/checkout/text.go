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

	ArriveTitle string
	ArriveText  string
	ArriveGo    string

	OfferBindTitle string
	OfferBindText  string
	OfferBindSteps []string
	OfferBind      string
	OfferSkip      string
	OfferUseTitle  string
	OfferUseText   string // card
	OfferUse       string
	OfferOTP       string
	OtherCard      string
	CardUsed       string

	OTPTitle  string
	OTPSent   string // masked number
	OTPLabel  string
	OTPHint   string // time of day
	OTPLab    string // code
	OTPSubmit string
	OTPBusy   string
	OTPAgain  string
	OTPWait   string // {t} is replaced by the script
	OTPWait0  string // time of day, for browsers without script
	OTPBind   string
	OTPSafe   string
	OTPWhy    map[string]string // why the code is asked for instead of a passkey

	AssertTitle  string
	AssertText   string
	AssertGo     string
	AssertFailed string
	CreateTitle  string
	CreateText   string
	CreateGo     string
	CreateSkip   string
	CreateFailed string
	NoScript     string
	Waiting      string
	RelyingFoot  string // name of the relying party
	LinkEnded    string
	LinkEndedTip string

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
