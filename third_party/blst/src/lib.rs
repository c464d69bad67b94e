//! Nothing of our own: linking the crate bundles blst's C objects into the static library.
extern crate blst as _;
