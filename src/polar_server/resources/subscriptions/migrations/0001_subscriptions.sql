-- Subscriptions: what renews by the clock. Amounts are in minor units of the currency, times in epoch seconds.

-- Periods are counted from `anchored_at`, so that one which began on the 31st comes back to it after a short month.
-- `due_at` is when the clock has to look at the row again; NULL when nothing will happen by itself. Whoever acts on it
-- replaces it in the same statement, so that every period is renewed once. Of one that ended it is when its benefits
-- are taken back, and NULL after that. `payment_method_id` is the only card that may be charged; NULL for the one that
-- the customer chose.
CREATE TABLE subscriptions (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    customer_id TEXT NOT NULL REFERENCES customers (id),
    product_id TEXT NOT NULL REFERENCES products (id),
    product_price_id TEXT NOT NULL REFERENCES prices (id),
    checkout_id TEXT,
    payment_method_id TEXT REFERENCES payment_methods (id),
    status TEXT NOT NULL
        CHECK (status IN ('trialing', 'active', 'past_due', 'canceled', 'unpaid', 'paused')),
    amount BIGINT NOT NULL CHECK (amount >= 0),
    currency TEXT NOT NULL,
    recurring_interval TEXT NOT NULL CHECK (recurring_interval IN ('day', 'week', 'month', 'year')),
    recurring_interval_count BIGINT NOT NULL CHECK (recurring_interval_count > 0),
    anchored_at BIGINT NOT NULL,
    current_period_start BIGINT NOT NULL,
    current_period_end BIGINT NOT NULL,
    trial_start BIGINT,
    trial_end BIGINT,
    cancel_at_period_end BOOLEAN NOT NULL DEFAULT FALSE,
    canceled_at BIGINT,
    started_at BIGINT NOT NULL,
    ends_at BIGINT,
    ended_at BIGINT,
    past_due_at BIGINT,
    pause_at_period_end BOOLEAN NOT NULL DEFAULT FALSE,
    paused_at BIGINT,
    resumes_at BIGINT,
    customer_cancellation_reason TEXT,
    customer_cancellation_comment TEXT,
    pending_product_id TEXT REFERENCES products (id),
    pending_price_id TEXT REFERENCES prices (id),
    pending_id TEXT,
    pending_created_at BIGINT,
    due_at BIGINT,
    metadata TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    modified_at BIGINT,
    CHECK (current_period_start < current_period_end),
    CHECK ((trial_start IS NULL) = (trial_end IS NULL)),
    CHECK ((pending_id IS NULL) = (pending_product_id IS NULL)),
    CHECK (ended_at IS NULL OR status = 'canceled')
);

CREATE INDEX subscriptions_due ON subscriptions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX subscriptions_organization ON subscriptions (organization_id, started_at, id);
CREATE INDEX subscriptions_customer ON subscriptions (organization_id, customer_id, started_at, id);
CREATE INDEX subscriptions_product ON subscriptions (product_id, id);

-- What a change in the middle of a period costs or gives back; it joins the next order, which then names itself here.
CREATE TABLE subscription_prorations (
    id TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
    label TEXT NOT NULL,
    amount BIGINT NOT NULL,
    product_price_id TEXT REFERENCES prices (id),
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    order_id TEXT REFERENCES orders (id),
    created_at BIGINT NOT NULL
);

CREATE INDEX subscription_prorations_open ON subscription_prorations (subscription_id) WHERE order_id IS NULL;
