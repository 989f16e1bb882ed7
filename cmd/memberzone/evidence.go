package main

import (
	"errors"

	"github.com/memberzone/memberzone/app"
)

type evidenceCommand struct {
	Verify evidenceVerify `cmd:"" help:"Check a downloaded bundle and print what the cardholder confirmed."`
}

// Help implements kong.HelpProvider.
func (evidenceCommand) Help() string {
	return `Checks a bundle that was downloaded from the page of a transaction (下載證據): the signature over what was
shown, that what is to be read is what was signed, and that no byte was changed. It needs neither database nor
network. Ends with 1 and names the first thing that does not hold.
Examples:
  memberzone evidence verify passkey-evidence-26112412030500001.json
  memberzone evidence verify --sha256 1f0c5a2e:… passkey-evidence-26112412030500001.json`
}

type evidenceVerify struct {
	File   string `arg:"" help:"The bundle." type:"existingfile"`
	SHA256 string `name:"sha256" help:"The bundle's hash, from the page or the audit log." placeholder:"HASH"`
}

// Help implements kong.HelpProvider.
func (evidenceVerify) Help() string { return evidenceCommand{}.Help() }

// Validate implements kong's check of a command line.
func (c *evidenceVerify) Validate() error {
	if c.SHA256 == "" {
		return nil
	}
	if _, err := app.ParseFingerprint(c.SHA256); err != nil {
		return errors.New("--sha256: " + err.Error())
	}
	return nil
}

// Run implements the command.
func (c *evidenceVerify) Run(e env) error {
	return app.VerifyEvidence(app.VerifyEvidenceOptions{File: c.File, SHA256: c.SHA256, Out: e.stdout})
}
