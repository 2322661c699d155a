//! Where a trunk's servers are is what DNS says (RFC 3263), with dnsmasq as the name server and sipp as the servers.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use trunkline_tests::dnsmasq::Dnsmasq;
use trunkline_tests::kamailio::{ACCOUNT, Carrier, Kamailio, PASSWORD};
use trunkline_tests::ports;
use trunkline_tests::program::eventually;
use trunkline_tests::scenario::Scenario;
use trunkline_tests::sipp::{Setup, Sipp};
use trunkline_tests::stage::{CALLER, Plan, Stage};
use trunkline_tests::world::{Speaks, World};

use super::{SESSION, SIPP, caller_who_begins, sipp, sipps, target_who_talks};

/// A change of names is seen within this: their time to live, and a look.
const SEEN: Duration = Duration::from_secs(25);
/// A REGISTER that nobody answers fails after 32 s (timer F); then the next server is asked.
const REGISTERED: Duration = Duration::from_secs(60);

/// A Trunkline that asks a name server of the test's own.
async fn named() -> Result<(World, Dnsmasq)> {
    let dnsmasq = Dnsmasq::start()?;
    let speaks = Speaks {
        more: format!("name_servers = [\"{}\"]\n", dnsmasq.address),
        ..Speaks::default()
    };
    Ok((World::that_speaks(&speaks).await?, dnsmasq))
}

/// SRV records of `carrier.test` at 127.0.0.1: port, priority, weight.
fn records(protocol: &str, servers: &[(u16, u16, u16)]) -> Vec<String> {
    let mut records = vec!["host-record=sbc.test,127.0.0.1".to_owned()];
    records.extend(servers.iter().map(|(port, priority, weight)| {
        format!("srv-host=_sip._{protocol}.carrier.test,sbc.test,{port},{priority},{weight}")
    }));
    records
}

/// Callers are reached over a trunk that is a name without a port.
fn plan(transport: &str) -> Plan {
    Plan {
        callers: vec![0],
        caller_trunk: json!({ "host": "carrier.test", "port": null, "transport": transport }),
        ..Plan::default()
    }
}

async fn status(world: &World, name: &str) -> Result<String> {
    let trunks = world.get("/v1/trunks").await?;
    let mut list = trunks["items"].as_array().context("trunks")?.iter();
    let trunk = list.find(|t| t["name"] == name).context("the trunk")?;
    Ok(format!(
        "/v1/trunks/{}/status",
        trunk["id"].as_str().context("its id")?
    ))
}

fn busy(name: &'static str) -> Scenario {
    Scenario::answering(name).reject("486 Busy Here", "")
}

/// A server that is reached over TCP, and busy.
fn by_tcp(world: &World) -> Result<Sipp> {
    let file = busy("by_tcp").write(world.path())?;
    let setup = Setup {
        name: "by_tcp",
        scenario: &file,
        transport: "t1",
        ..Setup::default()
    };
    Sipp::start(world.path(), &setup)
}

#[tokio::test]
async fn a_dead_first_server_is_passed_over_and_not_asked_first_again() -> Result<()> {
    let (world, mut dns) = named().await?;
    let dead = ports::free(2);
    let mut second = sipps(world.path(), &busy("second"), 2)?;
    dns.says(&records("udp", &[(dead, 10, 1), (second.port, 20, 1)]))?;
    let stage = Stage::set(&world, &plan("udp")).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    ensure!(
        stage.legs(&session).await?
            == [
                "caller outbound null not answered by trunk",
                "caller outbound 486 not answered by caller"
            ]
    );
    let session = stage.call("+12025550124").await?;
    stage.over(&session, SESSION).await?;
    let legs = stage.legs(&session).await?;
    ensure!(
        legs == ["caller outbound 486 not answered by caller"],
        "{legs:#?}"
    );
    second.finished(SIPP)?;
    // The domain stands in the Request-URI, and no port: that is for DNS to say.
    let messages = second.messages();
    ensure!(
        messages.contains("INVITE sip:+12025550123@carrier.test SIP/2.0"),
        "{messages}"
    );
    let path = status(&world, "callers 0").await?;
    let told = |s: &Value| {
        let server = |n: usize| s["servers"][n]["health"].clone();
        s["health"] == "up" && server(0) != "up" && server(1) == "up"
    };
    world.until(&path, SESSION, told).await?;
    Ok(())
}

/// A connection that is refused says so at once.
#[tokio::test]
async fn a_refused_connection_is_passed_over() -> Result<()> {
    let (world, mut dns) = named().await?;
    let mut second = by_tcp(&world)?;
    dns.says(&records("tcp", &[(ports::free(2), 10, 1), (second.port, 20, 1)]))?;
    let stage = Stage::set(&world, &plan("tcp")).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    second.finished(SIPP)?;
    ensure!(stage.legs(&session).await?.len() == 2);
    Ok(())
}

#[tokio::test]
async fn servers_of_one_priority_share_by_weight() -> Result<()> {
    /// With weights of 4 to 1 the lighter one gets none of so many, or half of them, once in a million runs.
    const CALLS: u32 = 60;
    let (world, mut dns) = named().await?;
    let heavy = sipps(world.path(), &busy("heavy"), CALLS)?;
    let light = sipps(world.path(), &busy("light"), CALLS)?;
    dns.says(&records("udp", &[(heavy.port, 10, 80), (light.port, 10, 20)]))?;
    let stage = Stage::set(&world, &plan("udp")).await?;
    for n in 0..CALLS {
        stage.call(&format!("+1202555{n:04}")).await?;
    }
    let over = |list: &Value| {
        let items = list["items"].as_array();
        items.is_some_and(|all| all.iter().all(|s| s["ended_at"].is_string()))
    };
    world.until("/v1/sessions?limit=1000", SESSION, over).await?;
    let count = |sipp: &Sipp| sipp.messages().matches("INVITE sip:").count();
    let (heavy, light) = (count(&heavy), count(&light));
    ensure!(light > 0 && light < heavy, "{heavy} and {light} of {CALLS}");
    Ok(())
}

#[tokio::test]
async fn naptr_chooses_the_transport() -> Result<()> {
    let (world, mut dns) = named().await?;
    let mut server = by_tcp(&world)?;
    let mut says = records("tcp", &[(server.port, 10, 1)]);
    says.extend(records("udp", &[(ports::free(2), 10, 1)]));
    says.push("naptr-record=carrier.test,20,10,s,SIP+D2U,,_sip._udp.carrier.test".into());
    says.push("naptr-record=carrier.test,10,10,s,SIP+D2T,,_sip._tcp.carrier.test".into());
    dns.says(&says)?;
    let stage = Stage::set(&world, &plan("auto")).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    server.finished(SIPP)?;
    let status = world.get(&status(&world, "callers 0").await?).await?;
    ensure!(status["transport"] == "tcp", "{status:#}");
    Ok(())
}

/// Its servers are others now: the running call stays where it is, the next one goes there.
#[tokio::test]
async fn a_running_call_stays_where_it_is() -> Result<()> {
    let (world, mut dns) = named().await?;
    let mut first = sipp(world.path(), &caller_who_begins().bye_in())?;
    let mut second = sipp(world.path(), &busy("second"))?;
    let target = Scenario::answering("target").ringing().answer().bye_in();
    let mut target = sipp(world.path(), &target)?;
    dns.says(&records("udp", &[(first.port, 10, 1)]))?;
    let stage = Stage::set(
        &world,
        &Plan {
            targets: vec![target.port],
            ..plan("udp")
        },
    )
    .await?;
    let session = stage.call(CALLER).await?;
    let talks = |s: &Value| s["calls"][0]["status"] == "in-progress";
    world
        .until(&format!("/v1/sessions/{session}"), SESSION, talks)
        .await?;
    dns.says(&records("udp", &[(second.port, 10, 1)]))?;
    let moved = format!("127.0.0.1:{}", second.port);
    let path = status(&world, "callers 0").await?;
    world
        .until(&path, SEEN, |s| s["addresses"] == json!([moved]))
        .await?;
    let next = stage.call("+12025550124").await?;
    stage.over(&next, SESSION).await?;
    second.finished(SIPP)?;
    world.delete(&format!("/v1/sessions/{session}")).await?;
    first.finished(SIPP)?;
    target.finished(SIPP)?;
    Ok(())
}

/// Without a name server calls go where they went.
#[tokio::test]
async fn a_silent_name_server_changes_nothing() -> Result<()> {
    let (world, mut dns) = named().await?;
    let mut server = sipp(world.path(), &busy("server"))?;
    dns.says(&records("udp", &[(server.port, 10, 1)]))?;
    let stage = Stage::set(&world, &plan("udp")).await?;
    let address = json!([format!("127.0.0.1:{}", server.port)]);
    let path = status(&world, "callers 0").await?;
    world.until(&path, SEEN, |s| s["addresses"] == address).await?;
    drop(dns);
    let told = async || world.printed().contains("it keeps its addresses");
    eventually("names are looked up in vain", SEEN, told).await?;
    let session = stage.call(CALLER).await?;
    stage.over(&session, SESSION).await?;
    server.finished(SIPP)
}

#[tokio::test]
async fn a_registration_goes_to_the_next_server() -> Result<()> {
    let (world, mut dns) = named().await?;
    let kamailio = Kamailio::start(world.path(), &Carrier::default(), &[])?;
    dns.says(&records(
        "udp",
        &[(ports::free(2), 10, 1), (kamailio.port, 20, 1)],
    ))?;
    let trunk = json!({ "name": "carrier", "host": "carrier.test", "register": true,
        "username": ACCOUNT, "password": PASSWORD });
    world.post("/v1/trunks", trunk).await?;
    let path = status(&world, "carrier").await?;
    world
        .until(&path, REGISTERED, |s| s["registration"] == "registered")
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_trunk_of_ipv6() -> Result<()> {
    let world = World::that_speaks(&Speaks {
        ipv6: true,
        ..Speaks::default()
    })
    .await?;
    let sipp_v6 = |name: &'static str, scenario: &Scenario| {
        let file = scenario.write(world.path())?;
        let setup = Setup {
            name,
            scenario: &file,
            host: "::1",
            ..Setup::default()
        };
        Sipp::start(world.path(), &setup)
    };
    let mut caller = sipp_v6("caller", &caller_who_begins().bye_in())?;
    let target = target_who_talks(1_000);
    let mut target = sipp_v6("target", &target)?;
    let plan = Plan {
        callers: vec![caller.port],
        targets: vec![target.port],
        trunk: json!({ "host": "::1" }),
        ..Plan::default()
    };
    let stage = Stage::set(&world, &plan).await?;
    let session = stage.call(CALLER).await?;
    let over = stage.over(&session, SESSION).await?;
    ensure!(over["status"] == "completed", "{over:#}");
    ensure!(stage.calls(&session).await? == ["completed talked"]);
    let heard = |cdr: &Value| cdr["rtp_rx_packets"].as_i64().is_some_and(|n| n > 0);
    let cdrs = stage.cdrs(&session).await?;
    ensure!(cdrs.iter().any(heard), "{cdrs:#?}");
    caller.finished(SIPP)?;
    target.finished(SIPP)
}
