//! What is read of each table of CallPower, as facts of its schema: every column may be null or missing.

use sqlx::FromRow;

use super::{Field, Make, Table};

macro_rules! table {
    (
        $(#[$doc:meta])*
        $constant:ident of $name:literal by $order:literal: $row:ident {
            $($field:ident: $make:ident from $from:expr),* $(,)?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
        #[expect(missing_docs, reason = "the columns are CallPower's; `id` and the names say what they are")]
        pub struct $row {
            pub id: i64,
            $(pub $field: Option<made!($make)>),*
        }

        table!(fields $constant of $name by $order: { $($field: $make from $from),* });
    };
    (fields $constant:ident of $name:literal by $order:literal: { $($field:ident: $make:ident from $from:expr),* $(,)? }) => {
        pub(super) const $constant: Table = Table {
            name: $name,
            fields: &[
                Field { name: "id", make: Make::Integer, from: &["id"] },
                $(Field { name: stringify!($field), make: Make::$make, from: &$from }),*
            ],
            order: $order,
        };
    };
}

macro_rules! made {
    (Text) => {
        String
    };
    (Integer) => {
        i64
    };
    (Boolean) => {
        bool
    };
    (Millis) => {
        i64
    };
}

table!(
    /// A campaign.
    CAMPAIGNS of "campaign_campaign" by "t.id": OldCampaign {
        created_at: Millis from ["created_time"],
        name: Text from ["name"],
        country: Text from ["country_code"],
        kind: Text from ["campaign_type"],
        region: Text from ["campaign_state"],
        subtype: Text from ["campaign_subtype"],
        language: Text from ["campaign_language"],
        segment_by: Text from ["segment_by"],
        locate_by: Text from ["locate_by"],
        include_special: Text from ["include_special"],
        target_ordering: Text from ["target_ordering"],
        target_shuffle_chamber: Boolean from ["target_shuffle_chamber"],
        target_offices: Text from ["target_offices"],
        call_maximum: Integer from ["call_maximum"],
        allow_call_in: Boolean from ["allow_call_in"],
        allow_intl_calls: Boolean from ["allow_intl_calls"],
        prompt_schedule: Boolean from ["prompt_schedule"],
        status_code: Integer from ["status_code"],
        embed: Text from ["embed"],
    }
);

table!(
    /// A target. Several rows may have one key: each was the newest when it was read.
    TARGETS of "campaign_target" by "t.id": OldTarget {
        key: Text from ["key", "uid"],
        title: Text from ["title"],
        name: Text from ["name"],
        district: Text from ["district"],
        location: Text from ["location"],
        number: Text from ["number"],
    }
);

table!(
    /// A further office of a target.
    OFFICES of "campaign_target_office" by "t.target_id, t.id": OldOffice {
        target: Integer from ["target_id"],
        uid: Text from ["uid"],
        name: Text from ["name"],
        kind: Text from ["type"],
        address: Text from ["address"],
        point: Text from ["latlon", "location"],
        number: Text from ["number"],
    }
);

/// A row that joins a campaign to something else.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct OldLink {
    /// The campaign.
    pub campaign: Option<i64>,
    /// The target, number or recording.
    pub other: Option<i64>,
    /// Of recordings: whether it plays.
    pub selected: Option<bool>,
}

const fn link(name: &'static str, fields: &'static [Field], order: &'static str) -> Table {
    Table { name, fields, order }
}

const CAMPAIGN: Field = Field {
    name: "campaign",
    make: Make::Integer,
    from: &["campaign_id"],
};

const NOT_SELECTED: Field = Field {
    name: "selected",
    make: Make::Boolean,
    from: &[],
};

pub(super) const LINKS: Table = link(
    "campaign_target_sets",
    &[
        CAMPAIGN,
        Field {
            name: "other",
            make: Make::Integer,
            from: &["target_id"],
        },
        NOT_SELECTED,
    ],
    "t.campaign_id, t.\"order\" nulls last, t.id",
);

pub(super) const SHOWN: Table = link(
    "campaign_phone_numbers",
    &[
        CAMPAIGN,
        Field {
            name: "other",
            make: Make::Integer,
            from: &["phone_id"],
        },
        NOT_SELECTED,
    ],
    "t.campaign_id, t.phone_id",
);

pub(super) const SELECTED: Table = link(
    "campaign_audio_recordings",
    &[
        CAMPAIGN,
        Field {
            name: "other",
            make: Make::Integer,
            from: &["recording_id"],
        },
        Field {
            name: "selected",
            make: Make::Boolean,
            from: &["selected"],
        },
    ],
    "t.id",
);

table!(
    /// A number of the installation.
    NUMBERS of "campaign_phone" by "t.id": OldNumber {
        number: Text from ["number"],
        call_in_campaign: Integer from ["call_in_campaign_id"],
    }
);

table!(
    /// A version of a prompt.
    RECORDINGS of "campaign_recording" by "t.key, t.version nulls first, t.id": OldRecording {
        key: Text from ["key"],
        file: Text from ["file_storage"],
        text: Text from ["text_to_speech"],
        description: Text from ["description"],
        hidden: Boolean from ["hidden"],
    }
);

table!(
    /// A daily caller.
    SCHEDULES of "schedule_call" by "t.id": OldSchedule {
        created_at: Millis from ["created_at"],
        subscribed: Boolean from ["subscribed"],
        time_of_day: Millis from ["time_to_call"],
        last_called: Millis from ["last_called"],
        campaign: Integer from ["campaign_id"],
        phone: Text from ["phone_number"],
    }
);

table!(
    /// A blocked caller.
    BLOCKLIST of "admin_blocklist" by "t.id": OldBlock {
        created_at: Millis from ["timestamp"],
        expires_ms: Millis from ["expires"],
        phone: Text from ["phone_number"],
        phone_hash: Text from ["phone_hash"],
        ip: Text from ["ip_address"],
        hits: Integer from ["hits"],
    }
);

table!(
    /// Somebody who logs in.
    USERS_NOW of "user_user" by "t.id": OldUser {
        created_at: Millis from ["created_time"],
        name: Text from ["name"],
        email: Text from ["email"],
        role: Integer from ["role_code"],
        status: Integer from ["status_code"],
    }
);

/// The table has gone by two names.
pub(super) const USERS: [Table; 2] = [
    USERS_NOW,
    Table {
        name: "user",
        ..USERS_NOW
    },
];

table!(
    /// A caller's session.
    SESSIONS of "calls_session" by "s.id": OldSession {
        at: Millis from ["timestamp"],
        campaign: Integer from ["campaign_id"],
        location: Text from ["location"],
        reference: Text from ["referral_code"],
        from_number: Text from ["from_number"],
        seconds: Integer from ["duration"],
        status: Text from ["status"],
        direction: Text from ["direction"],
        queue_ms: Millis from ["queue_delay"],
    }
);

table!(fields CALLS of "calls" by "c.id": {
    at: Millis from ["timestamp"],
    session: Integer from ["session_id"],
    campaign: Integer from ["campaign_id"],
    target: Integer from ["target_id"],
    status: Text from ["status"],
    seconds: Integer from ["duration"],
});

/// What a call needs of its session.
pub(super) const CALL_SESSION: Table = Table {
    name: "calls_session",
    fields: &[
        Field {
            name: "session_at",
            make: Make::Millis,
            from: &["timestamp"],
        },
        Field {
            name: "session_campaign",
            make: Make::Integer,
            from: &["campaign_id"],
        },
        Field {
            name: "session_status",
            make: Make::Text,
            from: &["status"],
        },
    ],
    order: "s.id",
};

/// A call to a target, with what is needed of its session.
#[derive(Clone, Debug, Default, PartialEq, Eq, FromRow)]
pub struct OldCall {
    /// CallPower's id.
    pub id: i64,
    /// When it was made.
    pub at: Option<i64>,
    /// The session's id.
    pub session: Option<i64>,
    /// The campaign's id.
    pub campaign: Option<i64>,
    /// The target's id.
    pub target: Option<i64>,
    /// Twilio's word.
    pub status: Option<String>,
    /// How long it took.
    pub seconds: Option<i64>,
    /// When the session was made.
    pub session_at: Option<i64>,
    /// The session's campaign.
    pub session_campaign: Option<i64>,
    /// The session's status.
    pub session_status: Option<String>,
}
