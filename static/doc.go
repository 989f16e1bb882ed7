// Package static holds the files a browser loads beside the pages: style sheets, scripts, images and the
// few third-party files, all embedded in the binary.
//
// Invariant: an address names its content. URL("app.css") carries a hash of the bytes it leads to, so an
// answer may be kept for ever and a new build never meets an old file. The package knows nothing of pages,
// members or payments.
package static
