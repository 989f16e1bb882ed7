// Package export writes what 信用卡交易專用查詢 finds to a file: CSV or XLSX, with the columns
// and in the order of the list. A small file goes straight to whoever asked; a large one is
// written by a job, kept in parts, and handed out under a link that expires.
//
// Invariant: a file is whole or is not there. Its rows are one snapshot of the database, as
// many as were counted in it; its manifest, with rows and SHA-256, is stored only when the last
// byte is written; what fails on the way is told as failed. Nothing leaves before the audit
// log has it. The package knows neither SQL nor pages: the words in the cells come from
// whoever shows the list.
package export
