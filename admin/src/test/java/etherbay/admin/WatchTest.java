// SPDX-License-Identifier: Apache-2.0
package etherbay.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import etherbay.base.ErrorCode;
import etherbay.base.EtherbayException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The one who looks, whatever those who hear of it do. */
@Timeout(60)
final class WatchTest {
    private final FakeNode node = new FakeNode();
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

    private Watch watch() {
        return new Watch(node, node, () -> {}, said::add);
    }

    @Test
    void oneWhoCannotHearDoesNotKeepItFromTheOthers() {
        List<NodeReport> heard = new ArrayList<>();
        try (Watch watch = watch()) {
            watch.listen((before, now) -> {
                throw new IllegalStateException("no ear");
            });
            watch.listen((before, now) -> heard.add(now));
            NodeReport seen = watch.look();
            assertThat(heard).containsExactly(seen);
            assertThat(watch.latest()).isSameAs(seen);
            watch.look();
            assertThat(said).singleElement().asString().contains("no ear");
        }
    }

    @Test
    void itLooksOnAfterALookThatFailed() throws InterruptedException {
        AtomicBoolean fails = new AtomicBoolean(true);
        BlockingQueue<NodeReport> heard = new LinkedBlockingQueue<>();
        try (Watch watch = watch()) {
            watch.listen((before, now) -> {
                if (fails.get()) {
                    throw new IllegalStateException("the disk is full");
                }
                heard.add(now);
            });
            watch.start();
            assertThat(said.poll(20, TimeUnit.SECONDS)).contains("the disk is full");
            fails.set(false);
            assertThat(heard.poll(20, TimeUnit.SECONDS)).isNotNull();
        }
    }

    @Test
    void whoAsksBeforeTheFirstLookIsToldSo() {
        try (Watch watch = watch()) {
            assertThatThrownBy(watch::latest)
                    .isInstanceOfSatisfying(
                            EtherbayException.class,
                            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.UNAVAILABLE));
        }
    }
}
