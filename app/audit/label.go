package audit

// Kinds lists every kind in the order in which a page offers them.
var Kinds = []Kind{
	SignedIn, SignInFailed, SignedOut, SteppedUp, StepUpFailed, SessionEnded,
	RecoveryAsked, PasswordSet, PasskeyAdded, PasskeyRenamed, PasskeyRemoved,
	AssistantCreated, AssistantChanged, AssistantSuspended, AssistantResumed, AssistantRemoved, AssistantInvited,
	PasswordReset, StaffInvited, StaffSuspended, StaffResumed, StaffRemoved,
	PermissionDenied, PermissionAsked, PermissionGranted, PermissionRefused,
	ViewAsStarted, ViewAsEnded,
	VoidRequested, CaptureRequested, RefundRequested, CaptureUndone, RefundUndone,
	ApprovalAsked, ApprovalGiven, ApprovalRefused, ApprovalWithdrawn, ApprovalThresholdSet, StoreChanged, WorkdaysImported,
	TransactionsListed, TransactionViewed, TransactionsExported, TokenStatsExported, EvidenceDownloaded, LogExported,
	KeyringAsked, CardPasskeyRemoved, MemberLookedUp, CardPasskeysLookedUp,
	ApplicationSubmitted, ApplicationMoved, ApplicationChanged, StorePasskeyOn, StorePasskeyOff,
}

var labels = map[Kind]string{
	SignedIn:             "登入成功",
	SignInFailed:         "登入失敗",
	SignedOut:            "登出",
	SteppedUp:            "再次確認身分",
	StepUpFailed:         "再次確認身分失敗",
	SessionEnded:         "結束登入",
	RecoveryAsked:        "申請重設登入方式",
	PasswordSet:          "設定密碼",
	PasskeyAdded:         "新增 Passkey",
	PasskeyRenamed:       "變更 Passkey 名稱",
	PasskeyRemoved:       "移除 Passkey",
	AssistantCreated:     "新增助理帳號",
	AssistantChanged:     "變更助理帳號",
	AssistantSuspended:   "停用助理帳號",
	AssistantResumed:     "恢復助理帳號",
	AssistantRemoved:     "移除助理帳號",
	AssistantInvited:     "寄送助理帳號邀請",
	PasswordReset:        "重設助理帳號密碼",
	StaffInvited:         "邀請支援人員",
	StaffSuspended:       "停用支援人員",
	StaffResumed:         "恢復支援人員",
	StaffRemoved:         "移除支援人員",
	PermissionDenied:     "權限不足",
	PermissionAsked:      "申請權限",
	PermissionGranted:    "核准權限申請",
	PermissionRefused:    "拒絕權限申請",
	ViewAsStarted:        "開始以助理身分檢視",
	ViewAsEnded:          "結束以助理身分檢視",
	TransactionsListed:   "查詢信用卡交易",
	TransactionViewed:    "檢視信用卡交易",
	TransactionsExported: "匯出信用卡交易",
	TokenStatsExported:   "匯出 Passkey 統計",
	EvidenceDownloaded:   "下載 Passkey 付款證據",
	KeyringAsked:         "寄送持卡人 Passkey 管理連結",
	CardPasskeyRemoved:   "移除持卡人 Passkey",
	VoidRequested:        "取消授權",
	CaptureRequested:     "申請請款",
	RefundRequested:      "申請退款",
	CaptureUndone:        "取消請款",
	RefundUndone:         "取消退款",
	ApprovalThresholdSet: "變更覆核金額",
	ApprovalAsked:        "申請覆核",
	ApprovalGiven:        "覆核同意",
	ApprovalRefused:      "覆核拒絕",
	ApprovalWithdrawn:    "撤回覆核申請",
	StoreChanged:         "變更商店設定",
	MemberLookedUp:       "支援人員查詢會員",
	CardPasskeysLookedUp: "支援人員查詢持卡人 Passkey",
	WorkdaysImported:     "匯入工作日曆",
	ApplicationSubmitted: "送出 Passkey服務申請",
	ApplicationMoved:     "Passkey服務申請進度",
	ApplicationChanged:   "更新 Passkey服務申請",
	StorePasskeyOn:       "開通商店 Passkey",
	StorePasskeyOff:      "停用商店 Passkey",
	LogExported:          "匯出稽核紀錄",
}

// Label returns the words of a kind (zh-Hant-TW); the kind itself where this program
// does not know it, as one that a newer program wrote.
func (k Kind) Label() string {
	if label, ok := labels[k]; ok {
		return label
	}
	return string(k)
}
