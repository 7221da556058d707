//! THE WAYS: what the clinic does, each as one function that names its steps in the order of the work.
pub mod advisor;
pub mod clinic;
pub mod clock;
pub mod demo;
pub mod extraction;
pub mod failure;
pub mod guide;
pub mod knowledge_base;
pub mod load;
pub mod prescribe;
pub mod print;
pub mod prescribing;
pub mod quality;
pub mod session;
pub mod visit;
pub mod upkeep;
