package member

import (
	"github.com/memberzone/memberzone/app/passkey/cardholder"
	"github.com/memberzone/memberzone/app/verification"
)

// verificationNotes are the details of the events of a cardholder's verification.
var verificationNotes = map[string]string{
	string(verification.OfferBind): "是否綁定 Passkey",
	string(verification.OfferUse):  "是否使用 Passkey",

	string(verification.Unsupported):  "裝置或瀏覽器不支援",
	string(verification.NoCredential): "此裝置沒有這張卡片的 Passkey",
	string(verification.ChoseOTP):     "持卡人選擇簡訊驗證碼",
	string(verification.Cancelled):    "持卡人取消",
	string(verification.TimedOut):     "逾時",
	string(verification.FailedHere):   "裝置驗證未成功",
	string(verification.OptedOut):     "持卡人選擇停用",

	string(cardholder.Cloned):        "簽章計數未增加，可能遭到複製",
	string(cardholder.BackupChanged): "備份狀態與綁定時不同",

	string(verification.UseOtherCard): "改用其他卡片",
	string(verification.Expired):      "超過驗證時限",

	string(cardholder.SPC):      "SPC：瀏覽器顯示金額與商店",
	string(cardholder.WebAuthn): "WebAuthn",
}
