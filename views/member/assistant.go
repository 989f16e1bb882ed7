package member

import "strconv"

// roomLeft says how many more fit.
func roomLeft(used, limit int) string {
	if used >= limit {
		return "已達上限"
	}
	return "還可新增 " + strconv.Itoa(limit-used) + " 個"
}
