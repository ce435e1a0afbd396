//! Names that a shop would use.

pub(super) const REGIONS: [&str; 8] = [
    "eu-west-1",
    "eu-central-1",
    "eu-north-1",
    "us-east-1",
    "us-west-2",
    "ap-south-1",
    "ap-southeast-2",
    "sa-east-1",
];

/// Namespaces, and what their services are about.
pub(super) const NAMESPACES: [(&str, [&str; 8]); 24] = [
    (
        "storefront",
        [
            "home",
            "navigation",
            "banner",
            "theme",
            "session",
            "wishlist",
            "preview",
            "layout",
        ],
    ),
    (
        "checkout",
        [
            "cart",
            "order",
            "voucher",
            "address",
            "basket",
            "confirmation",
            "gift",
            "tax",
        ],
    ),
    (
        "payments",
        [
            "ledger",
            "card",
            "refund",
            "invoice",
            "settlement",
            "wallet",
            "fraud",
            "payout",
        ],
    ),
    (
        "catalog",
        [
            "product",
            "category",
            "attribute",
            "brand",
            "variant",
            "bundle",
            "media",
            "taxonomy",
        ],
    ),
    (
        "inventory",
        [
            "stock",
            "reservation",
            "warehouse",
            "supplier",
            "restock",
            "batch",
            "count",
            "transfer",
        ],
    ),
    (
        "shipping",
        [
            "parcel", "carrier", "label", "tracking", "customs", "route", "pickup", "return",
        ],
    ),
    (
        "identity",
        [
            "login",
            "account",
            "token",
            "consent",
            "profile",
            "device",
            "mfa",
            "directory",
        ],
    ),
    (
        "marketing",
        [
            "campaign",
            "segment",
            "newsletter",
            "coupon",
            "referral",
            "audience",
            "landing",
            "survey",
        ],
    ),
    (
        "support",
        [
            "ticket",
            "chat",
            "callback",
            "faq",
            "escalation",
            "feedback",
            "macro",
            "transcript",
        ],
    ),
    (
        "analytics",
        [
            "event",
            "funnel",
            "report",
            "cohort",
            "metric",
            "export",
            "sampling",
            "attribution",
        ],
    ),
    (
        "search",
        [
            "query", "index", "suggest", "ranking", "synonym", "spelling", "facet", "crawl",
        ],
    ),
    (
        "fulfilment",
        [
            "picking", "packing", "dispatch", "slotting", "manifest", "robot", "shift", "quality",
        ],
    ),
    (
        "pricing",
        [
            "price",
            "promotion",
            "margin",
            "currency",
            "competitor",
            "rule",
            "quote",
            "discount",
        ],
    ),
    (
        "loyalty",
        [
            "points",
            "tier",
            "reward",
            "badge",
            "partner",
            "redemption",
            "streak",
            "club",
        ],
    ),
    (
        "content",
        [
            "article",
            "image",
            "video",
            "translation",
            "template",
            "asset",
            "blog",
            "glossary",
        ],
    ),
    (
        "messaging",
        [
            "email",
            "sms",
            "push",
            "inbox",
            "digest",
            "preference",
            "bounce",
            "webhook",
        ],
    ),
    (
        "recommendation",
        [
            "similar",
            "trending",
            "basketmate",
            "history",
            "embedding",
            "model",
            "feature",
            "explorer",
        ],
    ),
    (
        "procurement",
        [
            "contract", "tender", "purchase", "approval", "budget", "vendor", "receipt", "forecast",
        ],
    ),
    (
        "compliance",
        [
            "audit",
            "retention",
            "sanction",
            "privacy",
            "policy",
            "evidence",
            "disclosure",
            "screening",
        ],
    ),
    (
        "logistics",
        [
            "fleet",
            "driver",
            "dock",
            "yard",
            "fuel",
            "telemetry",
            "schedule",
            "handover",
        ],
    ),
    (
        "finance",
        [
            "journal", "accrual", "treasury", "payroll", "expense", "closing", "asset", "rate",
        ],
    ),
    (
        "partners",
        [
            "onboarding",
            "feed",
            "listing",
            "commission",
            "dispute",
            "storelink",
            "rating",
            "portal",
        ],
    ),
    (
        "mobile",
        [
            "home", "scanner", "offline", "deeplink", "release", "flag", "crash", "locale",
        ],
    ),
    (
        "platform",
        [
            "quota", "tenant", "secret", "job", "workflow", "schema", "gateway", "cache",
        ],
    ),
];

const ROLES: [&str; 10] = [
    "api",
    "worker",
    "router",
    "store",
    "sync",
    "view",
    "resolver",
    "planner",
    "collector",
    "broker",
];

const QUALIFIERS: [&str; 12] = [
    "bulk", "daily", "edge", "fast", "global", "inner", "local", "mini", "next", "open", "prime",
    "shared",
];

/// The name of the service in the given slot of a namespace; no two slots share one.
pub(super) fn service_name(namespace: usize, slot: usize) -> String {
    let nouns = NAMESPACES
        .get(namespace)
        .map(|(_, nouns)| nouns.as_slice())
        .unwrap_or_default();
    let noun_at = slot % 8;
    let role_at = (slot / 8 + noun_at * 3 + namespace) % ROLES.len();
    let noun = nouns.get(noun_at).copied().unwrap_or("misc");
    let role = ROLES.get(role_at).copied().unwrap_or("api");
    match (slot / 80)
        .checked_sub(1)
        .map(|round| QUALIFIERS.get(round).copied().unwrap_or("other"))
    {
        None => format!("{noun}-{role}"),
        Some(qualifier) => format!("{qualifier}-{noun}-{role}"),
    }
}
