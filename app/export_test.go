package app

import "github.com/memberzone/memberzone/app/otp"

// Codes gives tests the service of one-time codes.
func (a *App) Codes() *otp.Service { return a.codes }
