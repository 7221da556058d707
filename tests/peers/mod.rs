//! Real, independent software as the receiving side: Orthanc (DICOMweb and DIMSE), DCMTK, nginx with mutual TLS, a FHIR
//! R4 server. `./test` installs them; what is not there is skipped with a word, and is a failure in CI.
mod failures;
mod full_disk;
mod listening;
mod listening_tls;
mod parcels;
mod peer;
mod preview;
mod proxy;
mod queue;
mod recognition;
mod referral;
mod round_trip;
mod second_server;
mod station;
