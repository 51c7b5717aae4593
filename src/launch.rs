//! From a plan and what was read to the environment of the program: what a launch and `check`
//! have in common.

use std::collections::BTreeMap;

use nix::sys::resource::{Resource, getrlimit};
use nix::unistd::{SysconfVar, sysconf};

use crate::environment::{self, Limits, Merged};
use crate::error::Error;
use crate::exec::Program;
use crate::naming::{self, Assigned, Layer, VarName};
use crate::parameter::Parameter;
use crate::plan::Plan;
use crate::ssm::Answer;

/// What the program would get, and everything that speaks against it.
#[derive(Debug)]
pub struct Outcome<'a> {
    pub assigned: Assigned<'a>,
    pub merged: Merged,
    pub problems: Vec<Error>,
}

/// Names, merges and checks what was read. Nothing is done yet, and all problems are found.
pub fn prepare<'a>(
    plan: &'a Plan,
    program: Option<&Program>,
    answer: &'a Answer,
    inherited: Vec<Vec<u8>>,
) -> Outcome<'a> {
    let layers: Vec<Layer<'a>> = plan
        .layers
        .iter()
        .map(|&index| {
            let (path, presence) = &plan.request.paths[index];
            let parameters = &answer.layers[index];
            Layer {
                path,
                presence: *presence,
                parameters,
            }
        })
        .collect();
    let exact: Vec<(&VarName, &Parameter)> = plan
        .exact
        .iter()
        .filter_map(|(name, selector)| Some((name, answer.exact.get(selector)?)))
        .collect();
    let (assigned, naming_problems) = match naming::assign(&plan.rules, &layers, &exact) {
        Ok(assigned) => (assigned, Vec::new()),
        Err((assigned, problems)) => (assigned, problems),
    };
    let mut problems: Vec<Error> = naming_problems.into_iter().map(Error::from).collect();

    let secrets: BTreeMap<_, _> = assigned
        .variables
        .iter()
        .map(|(name, it)| (name, &it.parameter.value))
        .collect();
    let merged = environment::merge(inherited, &secrets, &plan.policy);
    let missing = environment::missing(&plan.required, &secrets, &merged);
    if !missing.is_empty() {
        let names = missing.iter().map(|glob| glob.text().to_owned()).collect();
        problems.push(Error::Required { names });
    }
    let path = program.map_or(Vec::new(), |program| {
        std::os::unix::ffi::OsStrExt::as_bytes(program.path().as_os_str()).to_vec()
    });
    if let Err(large) = environment::fits(&merged.entries, &path, &plan.arguments(), limits()) {
        problems.extend(large.into_iter().map(Error::from));
    }
    Outcome {
        assigned,
        merged,
        problems,
    }
}

/// What the kernel would take from us now.
fn limits() -> Limits {
    const USUAL_PAGE: usize = 4096;
    const USUAL_STACK: u64 = 8 * 1024 * 1024;
    let page = sysconf(SysconfVar::PAGE_SIZE)
        .ok()
        .flatten()
        .and_then(|page| page.try_into().ok());
    let stack = getrlimit(Resource::RLIMIT_STACK).map_or(USUAL_STACK, |(soft, _)| soft);
    Limits::new(page.unwrap_or(USUAL_PAGE), stack)
}
