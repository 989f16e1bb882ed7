package main

import (
	"github.com/memberzone/memberzone/app"
	"github.com/memberzone/memberzone/app/clock"
	"github.com/memberzone/memberzone/app/secret"
)

type serveCommand struct {
	Listen          string   `help:"Pages, wire API and checkout." default:"localhost:8080" env:"MEMBERZONE_LISTEN"`
	ListenRP        string   `name:"listen-rp" help:"Relying party." default:"localhost:8081" env:"MEMBERZONE_LISTEN_RP"`
	DatabaseURL     string   `help:"PostgreSQL." env:"DATABASE_URL" hidden:""`
	Keyset          string   `help:"Keyset." env:"MEMBERZONE_KEYSET" hidden:""`
	AcquirerURL     string   `help:"The acquirer's base address." env:"MEMBERZONE_ACQUIRER_URL" hidden:""`
	AcquirerAccount string   `help:"Account." env:"MEMBERZONE_ACQUIRER_ACCOUNT" hidden:""`
	AcquirerSecret  string   `help:"Secret." env:"MEMBERZONE_ACQUIRER_SECRET" hidden:""`
	SMTPHost        string   `name:"smtp-host" help:"Mail server." env:"MEMBERZONE_SMTP_HOST" hidden:""`
	SMTPPort        int      `name:"smtp-port" default:"587" env:"MEMBERZONE_SMTP_PORT" hidden:""`
	SMTPTLS         string   `name:"smtp-tls" enum:"${tls}" default:"starttls" env:"MEMBERZONE_SMTP_TLS" hidden:""`
	SMTPUser        string   `name:"smtp-user" env:"MEMBERZONE_SMTP_USER" hidden:""`
	SMTPPassword    string   `name:"smtp-password" env:"MEMBERZONE_SMTP_PASSWORD" hidden:""`
	MailFrom        string   `help:"Sender of mails." env:"MEMBERZONE_MAIL_FROM" hidden:""`
	SMSURL          string   `name:"sms-url" help:"The SMS gateway." env:"MEMBERZONE_SMS_URL" hidden:""`
	SMSAccount      string   `name:"sms-account" env:"MEMBERZONE_SMS_ACCOUNT" hidden:""`
	SMSSecret       string   `name:"sms-secret" env:"MEMBERZONE_SMS_SECRET" hidden:""`
	PublicURL       string   `help:"The site's address." env:"MEMBERZONE_PUBLIC_URL" hidden:""`
	RPURL           string   `name:"rp-url" help:"The relying party's address." env:"MEMBERZONE_RP_URL" hidden:""`
	Insecure        bool     `help:"People reach the site by http, not https." env:"MEMBERZONE_INSECURE"`
	LocalMerchants  bool     `help:"Let merchants' URLs be on this machine, on any port." env:"MEMBERZONE_LOCAL_MERCHANTS"`
	ActivationBy    string   `help:"Who activates." enum:"one,two" default:"two" env:"MEMBERZONE_ACTIVATION_BY"`
	TrustedProxies  []string `help:"CIDRs whose X-Forwarded-For is believed." env:"MEMBERZONE_TRUSTED_PROXIES"`
}

// Help implements kong.HelpProvider.
func (serveCommand) Help() string {
	return `Everything else comes from the environment:
  DATABASE_URL                 postgres://user:password@host:5432/memberzone
  MEMBERZONE_KEYSET            what "memberzone keys new" prints
  MEMBERZONE_PUBLIC_URL        https://pay.example.com: mailed links lead there, passkeys belong to its host
  MEMBERZONE_RP_URL            https://passkey.example.com: cardholders' passkeys belong to its host, which
                               --listen-rp serves
  MEMBERZONE_ACQUIRER_URL, MEMBERZONE_ACQUIRER_ACCOUNT, MEMBERZONE_ACQUIRER_SECRET
  MEMBERZONE_SMTP_HOST, MEMBERZONE_SMTP_PORT (587), MEMBERZONE_SMTP_TLS (starttls, implicit, none),
  MEMBERZONE_SMTP_USER, MEMBERZONE_SMTP_PASSWORD, MEMBERZONE_MAIL_FROM
  MEMBERZONE_SMS_URL, MEMBERZONE_SMS_ACCOUNT, MEMBERZONE_SMS_SECRET: the SMS gateway of one-time codes;
                               it posts its receipts to MEMBERZONE_PUBLIC_URL/sms/receipts
Examples:
  memberzone migrate up && memberzone serve --listen 0.0.0.0:8080 --trusted-proxies 10.0.0.0/8`
}

// Run implements the command.
func (c *serveCommand) Run(e env) error {
	config := app.Config{
		DatabaseURL: c.DatabaseURL, Keyset: secret.New(c.Keyset), Secure: !c.Insecure,
		TrustedProxies: c.TrustedProxies, LocalMerchants: c.LocalMerchants,
		OnePersonActivates: c.ActivationBy == "one", Clock: clock.System{}, Log: e.log(),
	}
	if config.PublicURL = c.PublicURL; c.PublicURL == "" && c.Insecure {
		config.PublicURL = app.LocalURL(c.Listen)
	}
	if config.RelyingPartyURL = c.RPURL; c.RPURL == "" && c.Insecure {
		config.RelyingPartyURL = app.LocalURL(c.ListenRP)
	}
	config.Acquirer.URL, config.Acquirer.Account = c.AcquirerURL, c.AcquirerAccount
	config.Acquirer.Secret = secret.New(c.AcquirerSecret)
	config.Mail.Host, config.Mail.Port, config.Mail.From = c.SMTPHost, c.SMTPPort, c.MailFrom
	config.Mail.Username, config.Mail.Password = c.SMTPUser, secret.New(c.SMTPPassword)
	config.Mail.TLS = app.MailTLS(c.SMTPTLS)
	config.SMS.URL, config.SMS.Account, config.SMS.Secret = c.SMSURL, c.SMSAccount, secret.New(c.SMSSecret)
	return app.Serve(e.ctx, config, app.Listen{Main: c.Listen, RelyingParty: c.ListenRP})
}
