//! What PeerAuthentication comes to: the mTLS mode that the proxies of a cluster ask of their clients.

use super::cluster::{Cluster, Files, Object, ObjectId};
use crate::resource::{Kind, Labels, Selector};
use crate::yaml::{Place, View};
use ustr::Ustr;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    Disable,
    Permissive,
    Strict,
}

impl Mode {
    fn read(view: View<'_>) -> Option<Mode> {
        match view.text()?.as_ref() {
            "DISABLE" => Some(Mode::Disable),
            "PERMISSIVE" => Some(Mode::Permissive),
            "STRICT" => Some(Mode::Strict),
            // UNSET inherits; what is no mode at all is a matter of the schema.
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Mode::Disable => "DISABLE",
            Mode::Permissive => "PERMISSIVE",
            Mode::Strict => "STRICT",
        }
    }
}

/// How far a PeerAuthentication reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Mesh,
    Namespace,
    Workload,
}

#[derive(Clone, Debug)]
pub struct PeerAuthentication {
    pub object: ObjectId,
    pub namespace: Ustr,
    pub scope: Scope,
    pub selector: Selector,
    pub mode: Option<(Mode, Place)>,
    /// By port of the workload, where that differs.
    pub ports: Vec<(i64, Mode, Place)>,
    pub ambiguous: bool,
}

/// The PeerAuthentications of a cluster, in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub struct Authn {
    pub policies: Vec<PeerAuthentication>,
    root_namespace: Ustr,
}

/// A mode and who says it; `None` where it is Istio's default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    pub mode: Mode,
    pub by: Option<(ObjectId, Place)>,
    /// No policy that has a say here is defined twice, or contradicted by another of the same reach.
    pub sure: bool,
}

impl Authn {
    pub fn read(cluster: &Cluster, files: &Files) -> Authn {
        let root = cluster.root_namespace();
        let policies = cluster
            .ids_of_kind(Kind::PeerAuthentication)
            .filter_map(|id| Some((id, cluster.object(id)?)))
            .filter_map(|(id, object)| read(id, object, files.view(object), root))
            .collect();
        Authn {
            policies,
            root_namespace: root,
        }
    }

    /// The mode for the workload with these labels, on one of its ports or on those without a word of their own.
    /// Workload before namespace before mesh; UNSET inherits (Istio `ComposePeerAuthentication`).
    pub fn mode(&self, namespace: Ustr, labels: &Labels, port: Option<i64>) -> Decision {
        let mut sure = true;
        let mut heard: Option<(Mode, ObjectId, Place)> = None;
        for scope in [Scope::Workload, Scope::Namespace, Scope::Mesh] {
            let of_scope = self.policies.iter().filter(|p| {
                p.scope == scope
                    && (scope == Scope::Mesh || p.namespace == namespace)
                    && (scope != Scope::Workload || p.selector.matches(labels))
            });
            let wins = heard.is_none();
            for policy in of_scope {
                sure &= !policy.ambiguous;
                let on_port = policy
                    .ports
                    .iter()
                    .find(|(p, _, _)| Some(*p) == port)
                    .map(|(_, mode, place)| (*mode, *place));
                let Some((mode, place)) = on_port.or(policy.mode) else {
                    continue;
                };
                match heard {
                    None => heard = Some((mode, policy.object, place)),
                    // Of two policies with one reach the older holds, and no manifest tells its age.
                    Some((other, ..)) if wins && other != mode => sure = false,
                    Some(_) => {}
                }
            }
        }
        Decision {
            mode: heard.map_or(Mode::Permissive, |(mode, _, _)| mode),
            by: heard.map(|(_, object, place)| (object, place)),
            sure,
        }
    }

    /// The mode of a namespace for workloads that no selector picks.
    pub fn namespace_mode(&self, namespace: Ustr) -> Decision {
        self.mode(namespace, &Labels::default(), None)
    }

    /// The mode of the whole mesh as this cluster's control plane has it.
    pub fn mesh_mode(&self) -> Decision {
        self.mode(Ustr::from(""), &Labels::default(), None)
    }

    pub fn root_namespace(&self) -> Ustr {
        self.root_namespace
    }
}

fn read(id: ObjectId, object: &Object, view: View<'_>, root: Ustr) -> Option<PeerAuthentication> {
    let spec = view.get("spec");
    let selector = Selector::read(spec.and_then(|s| s.get("selector")));
    let namespace = object.effective_namespace();
    let scope = match (selector.is_empty(), namespace == root) {
        (true, true) => Scope::Mesh,
        (true, false) => Scope::Namespace,
        // Istio ignores a selector in the root namespace, the whole policy with it.
        (false, true) => return None,
        (false, false) => Scope::Workload,
    };
    let mode = |view: Option<View<'_>>| {
        let value = view?.get("mode")?;
        Some((Mode::read(value)?, object.place(value)))
    };
    // Istio reads modes of ports only beside a selector.
    let ports = spec
        .filter(|_| scope == Scope::Workload)
        .and_then(|s| s.get("portLevelMtls"))
        .into_iter()
        .flat_map(View::entries)
        .filter_map(|(port, value)| {
            let (mode, place) = mode(Some(value))?;
            Some((port.text()?.parse().ok()?, mode, place))
        })
        .collect();
    Some(PeerAuthentication {
        object: id,
        namespace,
        scope,
        selector,
        mode: mode(spec.and_then(|s| s.get("mtls"))),
        ports,
        ambiguous: object.ambiguous,
    })
}
