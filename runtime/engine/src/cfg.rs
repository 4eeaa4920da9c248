//! The cfg framework: variables that may change while the server runs (`cfg.seti tm fr_timer 20000`), those that
//! modules declare and those that a configuration declares itself (`pstn.gw_ip = "" desc "..."`).

mod instances;

pub use instances::{Instances, split_instance};

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, RwLock,
        atomic::{AtomicI64, Ordering},
    },
};

/// An integer variable, read on the hot path.
#[derive(Clone, Debug, Default)]
pub struct CfgInt(Arc<AtomicI64>);

impl CfgInt {
    /// A variable of its own, not registered.
    pub fn new(value: i64) -> CfgInt {
        CfgInt(Arc::new(AtomicI64::new(value)))
    }

    /// The value now.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Changes it for all that happens from now on.
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }
}

/// A string variable.
#[derive(Clone, Debug, Default)]
pub struct CfgStr(Arc<RwLock<Arc<[u8]>>>);

impl CfgStr {
    /// A variable of its own, not registered.
    pub fn new(value: &[u8]) -> CfgStr {
        CfgStr(Arc::new(RwLock::new(value.into())))
    }

    /// The value now.
    pub fn get(&self) -> Arc<[u8]> {
        Arc::clone(&self.0.read().unwrap_or_else(|broken| broken.into_inner()))
    }

    /// Changes it.
    pub fn set(&self, value: &[u8]) {
        *self.0.write().unwrap_or_else(|broken| broken.into_inner()) = value.into();
    }
}

/// The value cell of a variable.
#[derive(Clone, Debug)]
pub enum CfgCell {
    /// An integer with its allowed range.
    Int {
        /// The cell.
        cell: CfgInt,
        /// Least and greatest value, if bounded.
        range: Option<(i64, i64)>,
    },
    /// A string.
    Str(CfgStr),
}

/// A registered variable.
#[derive(Clone, Debug)]
pub struct CfgVar {
    /// Its name in the group.
    pub name: String,
    /// Its value.
    pub cell: CfgCell,
    /// What it is for.
    pub description: String,
    /// True if it can't be changed while the server runs.
    pub read_only: bool,
    /// The value it had at start, for `cfg.diff` and resets.
    pub initial: CfgInitial,
}

impl CfgVar {
    /// The value now, of an integer; 0 for a string.
    pub fn number(&self) -> i64 {
        match &self.cell {
            CfgCell::Int { cell, .. } => cell.get(),
            CfgCell::Str(_) => 0,
        }
    }
}

/// A start value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CfgInitial {
    /// Of an integer.
    Int(i64),
    /// Of a string.
    Str(Vec<u8>),
}

/// All variables by group.
#[derive(Debug, Default)]
pub struct CfgStore {
    groups: Mutex<BTreeMap<String, Vec<CfgVar>>>,
    order: Mutex<Vec<String>>,
    instances: Instances,
}

impl CfgStore {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<CfgVar>>> {
        self.groups.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    fn add(&self, group: &str, var: CfgVar) {
        let mut groups = self.lock();
        let vars = groups.entry(group.to_owned()).or_insert_with(|| {
            self.order.lock().unwrap_or_else(|broken| broken.into_inner()).push(group.to_owned());
            Vec::new()
        });
        match vars.iter_mut().find(|v| v.name == var.name) {
            Some(old) => *old = var,
            None => vars.push(var),
        }
    }

    /// Registers an integer.
    pub fn int(
        &self,
        group: &str,
        name: &str,
        value: i64,
        range: Option<(i64, i64)>,
        description: &str,
    ) -> CfgInt {
        let cell = CfgInt::new(value);
        self.add(
            group,
            CfgVar {
                name: name.to_owned(),
                cell: CfgCell::Int { cell: cell.clone(), range },
                description: description.to_owned(),
                read_only: false,
                initial: CfgInitial::Int(value),
            },
        );
        cell
    }

    /// Registers an integer whose cell is somebody's own.
    pub fn adopt(
        &self,
        group: &str,
        name: &str,
        cell: CfgInt,
        range: Option<(i64, i64)>,
        read_only: bool,
        description: &str,
    ) {
        let initial = CfgInitial::Int(cell.get());
        self.add(
            group,
            CfgVar {
                name: name.to_owned(),
                cell: CfgCell::Int { cell, range },
                description: description.to_owned(),
                read_only,
                initial,
            },
        );
    }

    /// Registers a string.
    pub fn str(&self, group: &str, name: &str, value: &[u8], description: &str) -> CfgStr {
        let cell = CfgStr::new(value);
        self.add(
            group,
            CfgVar {
                name: name.to_owned(),
                cell: CfgCell::Str(cell.clone()),
                description: description.to_owned(),
                read_only: false,
                initial: CfgInitial::Str(value.to_vec()),
            },
        );
        cell
    }

    /// Finds a variable.
    pub fn find(&self, group: &str, name: &str) -> Option<CfgVar> {
        self.lock().get(group)?.iter().find(|v| v.name == name).cloned()
    }

    /// Instances of groups: `pstn[1].gw = "..."`.
    pub fn instances(&self) -> &Instances {
        &self.instances
    }

    /// A variable as an instance of its group sees it; `None` without that instance.
    pub fn find_in(&self, group: &str, id: u32, name: &str) -> Option<CfgVar> {
        let base = self.find(group, name)?;
        let cell = self.instances.value(group, id, name)?;
        Some(CfgVar { cell: cell.unwrap_or_else(|| base.cell.clone()), ..base })
    }

    /// The groups in the order of their registration.
    pub fn groups(&self) -> Vec<String> {
        self.order.lock().unwrap_or_else(|broken| broken.into_inner()).clone()
    }

    /// The variables of a group.
    pub fn group(&self, group: &str) -> Vec<CfgVar> {
        self.lock().get(group).cloned().unwrap_or_default()
    }
}
