//! Tests of the queue for the hashing threads.

use rocket::futures::{FutureExt as _, future::BoxFuture};

use super::*;

/// A queue whose only thread is taken by the network 10.0.0.0/24.
async fn busy_queue(room: usize) -> (Queue, Turn) {
    let queue = Queue::with_room(1, room);
    let turn = queue.turn(stranger("10.0.0.1")).await.unwrap_or_else(|error| panic!("{error:?}"));
    (queue, turn)
}

fn stranger(address: &str) -> Claimant {
    Claimant::Strangers(Network::of(address))
}

const fn member(id: i64) -> Claimant {
    Claimant::Account { id, role: Role::Member }
}

const BOSS: Claimant = Claimant::Account { id: 1, role: Role::Superuser };

/// A client that has joined the queue, or was refused.
struct Client {
    name: &'static str,
    turn: BoxFuture<'static, Result<Turn>>,
    is_refused: bool,
}

impl Client {
    fn joins(queue: &Queue, name: &'static str) -> Self {
        Self::joins_as(queue, stranger(name), name)
    }

    fn joins_as(queue: &Queue, claimant: Claimant, name: &'static str) -> Self {
        let queue = queue.clone();
        let mut turn = async move { queue.turn(claimant).await }.boxed();
        let is_refused = matches!(turn.as_mut().now_or_never(), Some(Err(_)));
        Self { name, turn, is_refused }
    }

    fn poll(&mut self) -> Option<Result<Turn>> {
        self.turn.as_mut().now_or_never()
    }
}

/// Ends the turn, and then each one after it. Returns who had one, in order.
fn serve_all(turn: Turn, mut clients: Vec<Client>) -> Vec<&'static str> {
    let mut served = Vec::new();
    let mut current = Some(turn);
    while current.take().is_some() {
        for client in std::mem::take(&mut clients) {
            let mut client = client;
            match client.poll() {
                Some(Ok(turn)) => {
                    served.push(client.name);
                    current = Some(turn);
                }
                Some(Err(_)) => {}
                None => clients.push(client),
            }
        }
    }
    served
}

#[rocket::async_test]
async fn networks_take_turns_and_one_network_is_served_in_order() {
    let (queue, turn) = busy_queue(10).await;
    let names = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.1.1", "10.0.1.2", "10.0.2.1"];
    let clients = names.map(|name| Client::joins(&queue, name)).into();
    let order = serve_all(turn, clients);
    assert_eq!(order, ["10.0.1.1", "10.0.2.1", "10.0.0.1", "10.0.1.2", "10.0.0.2", "10.0.0.3"]);
    assert_eq!(queue.lock().free_threads, 1);
}

#[rocket::async_test]
async fn a_network_that_fills_the_queue_keeps_no_other_out() {
    let (queue, turn) = busy_queue(3).await;
    let flood = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"].map(|name| Client::joins(&queue, name));
    assert_eq!(flood.each_ref().map(|client| client.is_refused), [false, false, false, true], "the queue is bounded");
    let other = Client::joins(&queue, "10.0.9.1");
    assert!(!other.is_refused);
    assert_eq!(queue.lock().strangers.count, 3, "the flood has lost its last place");
    let clients = flood.into_iter().filter(|client| !client.is_refused).chain([other]).collect();
    assert_eq!(serve_all(turn, clients), ["10.0.9.1", "10.0.0.1", "10.0.0.2"]);
}

#[rocket::async_test]
async fn a_new_network_takes_the_place_of_one_that_was_just_served() {
    let (queue, turn) = busy_queue(2).await;
    let (again, waiting) = (Client::joins(&queue, "10.0.0.1"), Client::joins(&queue, "10.0.1.1"));
    let (new, refused) = (Client::joins(&queue, "10.0.2.1"), Client::joins(&queue, "10.0.3.1"));
    assert!(!new.is_refused && refused.is_refused, "each of the two networks that wait has as good a claim");
    assert_eq!(serve_all(turn, vec![again, waiting, new]), ["10.0.1.1", "10.0.2.1"]);
}

/// However many networks the strangers and newcomers come from, and however many accounts members have.
#[rocket::async_test]
async fn staff_members_strangers_and_newcomers_take_turns_and_none_keeps_the_others_out() {
    let (queue, turn) = busy_queue(3).await;
    let newcomers = ["10.0.1.1", "10.0.2.1", "10.0.3.1", "10.0.4.1"].map(Network::of);
    let newcomers = newcomers.map(|network| Client::joins_as(&queue, Claimant::Newcomers(network), "newcomer"));
    let strangers = ["10.0.1.1", "10.0.2.1", "10.0.3.1", "10.0.4.1"].map(|name| Client::joins(&queue, name));
    let members = [2, 3, 4, 5].map(|id| Client::joins_as(&queue, member(id), "member"));
    assert!([&newcomers[3], &strangers[3], &members[3]].iter().all(|last| last.is_refused), "their lines are full");
    let staff = [(BOSS, "boss"), (BOSS, "boss again"), (Claimant::Operator, "operator")];
    let staff = staff.map(|(claimant, name)| Client::joins_as(&queue, claimant, name));
    let all = staff.into_iter().chain(members).chain(strangers).chain(newcomers);
    let order = serve_all(turn, all.filter(|client| !client.is_refused).collect());
    let expected = [
        ["boss", "member", "10.0.1.1", "newcomer"],
        ["operator", "member", "10.0.2.1", "newcomer"],
        ["boss again", "member", "10.0.3.1", "newcomer"],
    ];
    let expected = expected.concat();
    assert_eq!(order, expected);
}

/// Also from more networks than have room, because users share the turns by account.
#[rocket::async_test]
async fn accounts_with_many_waiters_keep_no_other_user_waiting() {
    let (queue, mut turn) = busy_queue(40).await;
    let flood = |id| (0..20).map(move |_| (member(id), "flood"));
    let join = |(claimant, name)| Client::joins_as(&queue, claimant, name);
    let mut clients: Vec<_> = flood(2).chain(flood(3)).map(join).collect();
    for _ in 0..10 {
        // The user comes back at once each time.
        let mut user = Client::joins_as(&queue, member(9), "user");
        assert!(!user.is_refused, "the flood has lost its last place");
        let mut before = 0;
        turn = loop {
            drop(turn);
            if let Some(Ok(next)) = user.poll() {
                break next;
            }
            let mut served = None;
            clients.retain_mut(|client| match client.poll() {
                Some(next) => {
                    served = served.take().or(next.ok());
                    false
                }
                None => true,
            });
            (before, turn) = (before + 1, served.unwrap_or_else(|| panic!("nobody was served")));
        };
        assert!(before <= 2, "{before} turns of the others");
    }
}

#[rocket::async_test]
async fn who_had_few_turns_comes_before_who_had_many() {
    let (queue, mut turn) = busy_queue(10).await;
    let free = |turn: &mut Turn| drop(std::mem::replace(turn, Turn(None)));
    for id in [2, 2, 2, 3, 3, 3, 9, 9] {
        let mut next = Client::joins_as(&queue, member(id), "earlier");
        free(&mut turn);
        turn = next.poll().and_then(Result::ok).unwrap_or_else(|| panic!("nobody else waits"));
    }
    let clients = [(2, "flood"), (3, "flood"), (9, "user"), (2, "flood"), (9, "user"), (9, "user again")];
    let clients = clients.map(|(id, name)| Client::joins_as(&queue, member(id), name)).into();
    let order = serve_all(turn, clients);
    assert_eq!(order, ["user", "flood", "flood", "user", "flood", "user again"]);
}

#[rocket::async_test]
async fn a_waiter_that_is_dropped_leaves_the_queue() {
    let (queue, turn) = busy_queue(2).await;
    let gone = [Client::joins(&queue, "10.0.1.1"), Client::joins(&queue, "10.0.1.2")];
    drop(gone);
    assert_eq!(queue.lock().strangers.count, 0);
    let next = Client::joins(&queue, "10.0.1.3");
    assert_eq!(serve_all(turn, vec![next]), ["10.0.1.3"]);
    let state = queue.lock();
    assert_eq!((state.free_threads, state.strangers.waiters.len()), (1, 0));
}

#[rocket::async_test]
async fn a_turn_that_nobody_takes_is_passed_on() {
    let (queue, turn) = busy_queue(3).await;
    let (gone, next) = (Client::joins(&queue, "10.0.1.1"), Client::joins(&queue, "10.0.2.1"));
    drop(turn); // the turn is on its way to the first, which does not look any more
    drop(gone);
    assert_eq!(serve_all(Turn(None), vec![next]), ["10.0.2.1"]);
    assert_eq!(queue.lock().free_threads, 1);
}

#[rocket::async_test]
async fn a_waiter_is_overtaken_by_a_bounded_number_of_new_networks() {
    let (queue, mut turn) = busy_queue(5).await;
    let mut waiter = Client::joins(&queue, "10.0.0.1");
    let mut overtaken = 0;
    for number in 0..=REMEMBERED_TURNS + 1 {
        let address = format!("10.{}.{}.1", 1 + number / 250, number % 250);
        let queue = queue.clone();
        let mut new = async move { queue.turn(stranger(&address)).await }.boxed();
        assert!(new.as_mut().now_or_never().is_none());
        // Tokio lets a task poll only so often before it yields.
        rocket::tokio::task::yield_now().await;
        drop(std::mem::replace(&mut turn, Turn(None)));
        match (waiter.poll(), new.as_mut().now_or_never()) {
            (None, Some(Ok(next))) => (turn, overtaken) = (next, overtaken + 1),
            (Some(Ok(_)), _) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(overtaken <= REMEMBERED_TURNS, "{overtaken}");
    assert!(queue.lock().strangers.turns.ranks.len() <= REMEMBERED_TURNS);
}
