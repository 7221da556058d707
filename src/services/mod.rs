//! THE WAYS: what the clinic does, each as one function that names its steps in the order of the work.
pub mod advisor;
pub mod clinic;
pub mod clock;
pub mod demo;
pub mod extraction;
pub mod failure;
pub mod knowledge_base;
pub mod library;
pub mod load;
pub mod prescribing;
pub mod quality;
pub mod ranking_model;
pub mod rx_cases;
pub mod rx_quality;
pub mod session;
pub mod simulate;
pub mod upkeep;
