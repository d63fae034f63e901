// SPDX-License-Identifier: Apache-2.0
package etherbay.node.guests;

import etherbay.admin.ApiClient;
import etherbay.admin.Documents;
import etherbay.admin.PeerSpec;
import etherbay.admin.Peers;
import etherbay.guest.keeper.GuestPeers;
import etherbay.guest.keeper.GuestRecord;
import etherbay.guest.keeper.Wanted;
import etherbay.guest.machine.GuestSpec;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Asks the keepers of other nodes, over the API of each; answered by {@link PeerAnswers}. */
final class PeerCalls implements GuestPeers {
    private static final Duration CONNECT = Duration.ofSeconds(3);

    /** A question that is answered from memory. */
    private static final Duration SHORT = Duration.ofSeconds(5);

    /** One for which something is started, or a disk is taken. */
    private static final Duration LONG = Duration.ofSeconds(40);

    private final Peers peers;
    private final ConcurrentHashMap<String, Kept> clients = new ConcurrentHashMap<>();

    PeerCalls(Peers peers) {
        this.peers = peers;
    }

    @Override
    public List<String> names() {
        return peers.all().stream().map(PeerSpec::name).toList();
    }

    /** Kept, for a guest may stand still while it is asked: a new connection is several ways. */
    private ApiClient client(String node, Duration time) {
        PeerSpec spec = peers.find(node);
        Kept kept = clients.compute(
                node + " " + time,
                (key, former) -> former != null && former.spec().equals(spec)
                        ? former
                        : new Kept(spec, peers.client(node, CONNECT, time)));
        return kept.client();
    }

    private record Kept(PeerSpec spec, ApiClient client) {}

    private <T extends Record> T call(
            String node, String guest, String verb, Object body, Duration time, Class<T> answer) {
        String text = client(node, time)
                .post("/peer/guests/" + guest + "/" + verb, body, "")
                .text();
        return Documents.read(text, "the answer of node " + node, answer);
    }

    @Override
    public Readiness check(String node, GuestSpec spec) {
        PeerForms.Asked body = new PeerForms.Asked(spec);
        PeerForms.Ready said = call(node, spec.name(), "check", body, LONG, PeerForms.Ready.class);
        return new Readiness(said.cpuName(), said.needs(), said.legs());
    }

    @Override
    public String prepare(String node, Offer offer) {
        PeerForms.Offer body = new PeerForms.Offer(
                offer.spec(), offer.epoch(), offer.wanted().name(), offer.move());
        GuestSpec spec = offer.spec();
        String where = call(node, spec.name(), "prepare", body, LONG, PeerForms.Place.class)
                .to();
        return reachable(where, peers.find(node).address().getHost());
    }

    /**
     * Where a node listens is its own view, and may be any address of it ({@code
     * tcp:0.0.0.0:4444}).
     *
     * @param host by which this node reaches it
     */
    static String reachable(String where, String host) {
        String port = where.substring(where.lastIndexOf(':') + 1);
        return where.startsWith("tcp:") ? "tcp:" + host + ":" + port : where;
    }

    @Override
    public void own(String node, String guest, String move) {
        call(node, guest, "own", new PeerForms.Move(move), LONG, PeerForms.Done.class);
    }

    @Override
    public boolean finish(String node, String guest, String move) {
        return call(node, guest, "finish", new PeerForms.Move(move), LONG, PeerForms.Runs.class)
                .runs();
    }

    @Override
    public long abandon(String node, String guest, String move) {
        return call(node, guest, "abandon", new PeerForms.Move(move), LONG, PeerForms.Given.class)
                .epoch();
    }

    @Override
    public Outcome outcome(String node, String guest, String move) {
        PeerForms.Outcome said = call(
                node, guest, "outcome", new PeerForms.Move(move), SHORT, PeerForms.Outcome.class);
        return GuestForm.word(Outcome.values(), said.outcome());
    }

    @Override
    public Optional<GuestRecord> ask(String node, String guest) {
        PeerForms.Known known =
                call(node, guest, "ask", new PeerForms.Done(), SHORT, PeerForms.Known.class);
        return Optional.ofNullable(known.guest()).map(GuestForm::record);
    }

    @Override
    public void tell(String node, GuestRecord record, String from) {
        call(node, record.name(), "tell", GuestForm.of(record), SHORT, PeerForms.Done.class);
    }

    @Override
    public void forget(String node, String guest, long epoch, String from) {
        call(node, guest, "forget", new PeerForms.Given(epoch), SHORT, PeerForms.Done.class);
    }

    /** The words of {@link Wanted}, for what a peer sends. */
    static Wanted wanted(String word) {
        return GuestForm.word(Wanted.values(), word);
    }
}
