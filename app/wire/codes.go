package wire

// Code is a status code of the provider's manual, sent as Status. Success is one too.
type Code string

// Success is the Status of every accepted call.
const Success Code = "SUCCESS"

// Codes of the payment page (manual NDNF-1.1.9 section 5).
const (
	MPGTimeStamp        Code = "MPG01002"
	MPGTokenTerm        Code = "MPG01005"
	MPGInstFlag         Code = "MPG01008"
	MPGMerchantID       Code = "MPG01009"
	MPGVersion          Code = "MPG01010"
	MPGRespondType      Code = "MPG01011"
	MPGMerchantOrderNo  Code = "MPG01012"
	MPGEmail            Code = "MPG01013"
	MPGURL              Code = "MPG01014"
	MPGAmt              Code = "MPG01015"
	MPGItemDesc         Code = "MPG01017"
	MPGTradeInfo        Code = "MPG01023"
	MPGTradeSha         Code = "MPG01024"
	MPGOrderDetail      Code = "MPG01028"
	MPGOrderDetailSum   Code = "MPG01029"
	MPGOrderDetailTwice Code = "MPG01030"
	MPGNoService        Code = "MPG02002"
	MPGMethodOff        Code = "MPG02003"
	MPGExpired          Code = "MPG02004"
	MPGSource           Code = "MPG02005"
	MPGAcquirer         Code = "MPG02006"
	MPGOldVersion       Code = "MPG02010"
	MPGRefusedIP        Code = "MPG03002"
	MPGIPLimit          Code = "MPG03003"
	MPGStoreClosed      Code = "MPG03004"
	MPGNoStore          Code = "MPG03007"
	MPGDuplicateOrder   Code = "MPG03008"
	MPGFailed           Code = "MPG03009"
	MPGNoCard           Code = "MPG05001"
	MPGCardNumber       Code = "MPG05002"
	MPGCardTerms        Code = "MPG05003"
	MPGIssuerTerms      Code = "MPG05004"
	MPGAlert            Code = "MPG05005"
)

// Codes of accounts and of the shared front door (manual section 5).
const (
	AccountSuspended Code = "ACC10005"
	MEMBlank         Code = "MEM40008"
	MEMNoPostData    Code = "MEM40012"
	MEMIncomplete    Code = "MEM40013"
	MEMTimeStamp     Code = "MEM40014"
	ConnectionFault  Code = "NOR1001"
)

// Codes of trade queries, of Cancel and of Close (manual section 5).
const (
	TRANoStore         Code = "TRA10001"
	TRAAmt             Code = "TRA10003"
	TRADecrypt         Code = "TRA10008"
	TRAMerchantID      Code = "TRA10009"
	TRAStoreClosed     Code = "TRA10012"
	TRACardClosed      Code = "TRA10013"
	TRANetwork         Code = "TRA10015"
	TRAIncomplete      Code = "TRA10018"
	TRANotFound        Code = "TRA10021"
	TRARespondType     Code = "TRA10036"
	TRAMerchantOrderNo Code = "TRA10037"
	TRAURL             Code = "TRA10041"
	TRAExpiry          Code = "TRA10043"
	TRAAmtDiffers      Code = "TRA10050"
	TRACheckValue      Code = "TRA10054"
	TRAQueryLocked     Code = "TRA10071"
	TRADuplicateOrder  Code = "TRA20004"
	TRATimeStamp       Code = "TRA40014"

	TRANotAuthorised     Code = "TRA10026"
	TRACaptured          Code = "TRA10027"
	TRAOverAuthorised    Code = "TRA10028"
	TRAWindowOver        Code = "TRA10029"
	TRAUnionPayWhole     Code = "TRA10031"
	TRAIndexType         Code = "TRA10032"
	TRANoMerchantOrderNo Code = "TRA10033"
	TRANotCaptured       Code = "TRA10035"
	TRAOverRefundable         = TRARespondType // one code of two causes: MsgOverRefundable
	TRATradeNo           Code = "TRA10038"
	TRAOverCaptured      Code = "TRA10039"
	TRANotVoidable       Code = "TRA10047"
	TRARefundOpen        Code = "TRA10049"
	TRAVoidFailed        Code = "TRA10051"
	TRAUndoFailed        Code = "TRA10094"
	TRACloseOver         Code = "TRA10095"
	TRAWholeOnly         Code = "TRA10675"
	TRATooManyCloses     Code = "TRA10702"
	TRATooManyFailures   Code = "TRA11002"
	TRAVoidWaits         Code = "TRA20001" // no error: the bank takes the void later
)

// messages holds the text the manual prints for each code. Where one code has several causes this is the one the
// gateway means by default; the others are the Msg constants.
var messages = map[Code]string{
	Success: "授權成功",

	MPGTimeStamp:        "時間戳記不可空白",
	MPGTokenTerm:        "TokenTerm 不可空白/設定錯誤",
	MPGInstFlag:         "分期參數設定錯誤",
	MPGMerchantID:       "商店代號不可空白",
	MPGVersion:          "程式版本設定錯誤",
	MPGRespondType:      "回傳規格設定錯誤",
	MPGMerchantOrderNo:  "商店訂單編號不可空白/設定錯誤",
	MPGEmail:            "付款人電子信箱設定錯誤",
	MPGURL:              "網址設定錯誤",
	MPGAmt:              "訂單金額不可空白/設定錯誤",
	MPGItemDesc:         "商品資訊不可空白",
	MPGTradeInfo:        "交易加密資料不可空白",
	MPGTradeSha:         "交易加密 SHA 資料不可空白",
	MPGOrderDetail:      "訂單細項格式錯誤",
	MPGOrderDetailSum:   "訂單金額與訂單細項總金額不相符",
	MPGOrderDetailTwice: "訂單細項品項編號不可重複",
	MPGNoService:        "查無商店開啟任何金流服務",
	MPGMethodOff:        "支付方式未啟用，請洽客服中心",
	MPGExpired:          "頁面已逾時失效，請重新確認",
	MPGSource:           "驗證資料錯誤(來源不合法)",
	MPGAcquirer:         "信用卡收單機構系統發生異常，請洽客服中心",
	MPGOldVersion:       "此版本不支援，請升級至 v2.3",
	MPGRefusedIP:        "拒絕交易 IP",
	MPGIPLimit:          "IP 交易次數限制",
	MPGStoreClosed:      "商店狀態已被暫停或是關閉，無法進行交易",
	MPGNoStore:          "查無此商店代號",
	MPGDuplicateOrder:   "已存在相同的商店訂單編號",
	MPGFailed:           "交易失敗",
	MPGNoCard:           "未有信用卡驗證資料",
	MPGCardNumber:       "信用卡卡號長度不足",
	MPGCardTerms:        "此信用卡不支援一次付清，請改用可一次付清之信用卡或改用其他支付方式",
	MPGIssuerTerms:      "發卡行暫時無法提供信用卡分期付款服務",
	MPGAlert:            "警示交易",

	AccountSuspended: "會員已被暫時停權/永久停權，請洽藍新金流客服中心查詢",
	MEMBlank:         "必填欄位資料不可空白",
	MEMNoPostData:    "必填欄位資料傳遞錯誤",
	MEMIncomplete:    "必填欄位資料不齊全",
	MEMTimeStamp:     "傳送時間錯誤",
	ConnectionFault:  "連線異常",

	TRANoStore:         "商店資料取得失敗",
	TRAAmt:             "金額必須為數字",
	TRADecrypt:         "資料加密錯誤",
	TRAMerchantID:      "商店代號不可空白",
	TRAStoreClosed:     "商店代號停用",
	TRACardClosed:      "商店信用卡資格停用",
	TRANetwork:         "網路連線失敗",
	TRAIncomplete:      "資料不足",
	TRANotFound:        "查無交易資料",
	TRARespondType:     "RespondType 欄位資料格式錯誤",
	TRAMerchantOrderNo: "商家自訂單號錯誤，只允許英數字及_符號",
	TRAURL:             "網址格式錯誤",
	TRAExpiry:          "卡片到期日格式錯誤",
	TRAAmtDiffers:      "金額不符",
	TRACheckValue:      "檢查碼 CheckValue 有錯誤",
	TRAQueryLocked:     "因查無交易資料次數已達上限，已鎖定交易查詢功能，請待四小時解鎖",
	TRADuplicateOrder:  "商店訂單編號重覆",
	TRATimeStamp:       "TimeStamp 欄位錯誤",

	TRANotAuthorised:     "此訂單非授權成功狀態，不可請款",
	TRACaptured:          "此訂單已申請過請款，不可重覆請款",
	TRAOverAuthorised:    "請退款金額超過授權金額，請確認",
	TRAWindowOver:        "請款超過授權日 N 天，已不得請(退)款",
	TRAUnionPayWhole:     "銀聯卡交易只接受全額請款",
	TRAIndexType:         "IndexType：單號類型只能為數字 1 或 2",
	TRANoMerchantOrderNo: "選擇使用商店自訂單號不可空白",
	TRANotCaptured:       "該交易非授權成功或已請款完成狀態，請確認",
	TRATradeNo:           "選擇使用系統單號格式錯誤",
	TRAOverCaptured:      "退款金額已超過請款金額，請確認",
	TRANotVoidable:       "該交易不為授權成功狀態，不可放棄授權",
	TRARefundOpen:        "該交易正在退款狀態",
	TRAVoidFailed:        "取消授權失敗",
	TRAUndoFailed:        "資料取消失敗",
	TRACloseOver:         "此筆交易已過關帳時間，不可取消",
	TRAWholeOnly:         "紅利交易只接授全額請退款",
	TRATooManyCloses:     "因達到執行請退款筆數上限，您的商店暫時無法使用本功能，請待 1 小時後解鎖",
	TRATooManyFailures:   "因失敗過多您的商店暫時無法使用本功能，請待 4 小時解鎖",
	TRAVoidWaits:         "金融機構取消授權批次處理中",
}

// Further printed messages of codes with several causes, and of success.
const (
	// Of MPG01015.
	MsgOverStoreLimit = "此筆交易超過商店單筆金額限制，請與商店連繫"
	// Of MPG03007.
	MsgStoreMismatch = "TradeInfo 裡的 MerchantID 參數與回傳 MerchantID 參數不一致"
	// Of MPG03009.
	MsgShaMismatch   = "交易資料 SHA 256 檢查不符合"
	MsgDecryptFailed = "交易資料 TradeInfo 解密失敗"
	MsgEncryptType   = "EncryptType 參數值錯誤"
	// Of MPG05002.
	MsgCardUnsupported = "本商店不支援此信用卡付款，請改用其它發卡行所核發之信用卡"
	// Of MPG05003.
	MsgNoInstalment = "此信用卡不支援分期付款，請改用可分期付款之信用卡或改用其他支付方式"
	MsgNoBonus      = "此信用卡不支援紅利付款，請改用可紅利折抵之信用卡或改用其他支付方式"
	// Of TRA10021, as recorded for Cancel and Close.
	MsgNoCardTrade = "查無該筆交易或該筆交易不為信用卡交易，請查明"
	// Of TRA10036.
	MsgOverRefundable = "已超過剩餘可退款金額，請確認"
	// Of TRA10029, with its number of days.
	MsgWindowOver = "請款超過授權日 %d 天，已不得請(退)款"
	// Of success: a payment, the console's simulated payment, a query.
	MsgAuthorised    = "授權成功"
	MsgSimulatedPaid = "模擬付款成功"
	MsgQueryDone     = "查詢成功"
	// Of success: Cancel, and Close of a store in production and in test mode. What the gateway says to a capture
	// or a refund that is taken back is not recorded; these are our words.
	MsgVoided            = "放棄授權成功"
	MsgCaptured          = "請款資料新增成功"
	MsgSimulatedCaptured = "請款資料新增成功_模擬信用卡請款成功"
	MsgRefunded          = "退款資料新增成功"
	MsgSimulatedRefunded = "退款資料新增成功_模擬信用卡退款成功"
	MsgCaptureUndone     = "取消請款成功"
	MsgRefundUndone      = "取消退款成功"
)

// Message is the text the manual prints for the code, in Traditional Chinese. A code this package does not
// list gets the text of MPGFailed.
func (c Code) Message() string {
	if m, ok := messages[c]; ok {
		return m
	}
	return messages[MPGFailed]
}

// Error is a refusal that goes to the merchant or the cardholder as Status and Message. Functions of this
// package return it as *Error and not as error: compare it to nil before assigning it to a variable of type
// error.
type Error struct {
	Code    Code
	Message string // printed text, Traditional Chinese
	Field   string // the field at fault, "" when it is none of them
}

// Refuse makes an Error with the printed message of the code.
func Refuse(code Code, field string) *Error {
	return &Error{Code: code, Message: code.Message(), Field: field}
}

// RefuseWith makes an Error with a particular message, for codes that have several causes or a bank's answer.
func RefuseWith(code Code, message string) *Error {
	return &Error{Code: code, Message: message}
}

// Error gives code, message and field name; it never holds a field's value.
func (e *Error) Error() string {
	s := string(e.Code) + " " + e.Message
	if e.Field != "" {
		s += " (" + e.Field + ")"
	}
	return s
}
