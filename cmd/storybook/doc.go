// Command storybook shows every page of the product with fixed data, without a database or a server behind it.
//
// Its pages run under the same content security policy as the product's, so a style or script that would be
// refused there is refused here too. It must not be part of a deployment.
package main
