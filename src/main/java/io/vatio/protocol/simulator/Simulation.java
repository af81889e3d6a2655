package io.vatio.protocol.simulator;

import io.vertx.core.Vertx;
import io.vertx.core.http.PoolOptions;
import io.vertx.ext.web.client.WebClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/// One running plan: gets every device a credential and a link, then lets the devices speak in
/// turn,
/// spread evenly over the interval. One virtual thread does both; links answer on their own
/// threads.
final class Simulation implements AutoCloseable {
  private static final int MQTT_WINDOW = 20;
  private static final int HTTP_WINDOW = 1;
  private static final Duration DRAIN = Duration.ofSeconds(2);
  private static final long LONGEST_RETRY_S = 30;

  /// Where a simulation says what a person should know. Any thread.
  interface Voice {
    /// A sentence about what is wrong and what to do.
    void problem(String sentence);

    /// A device heard something.
    void heard(String serial, String topic, String text);

    /// All devices are set up.
    void started(String sentence);
  }

  private record Speaker(Source source, Link link, Outbox outbox) {}

  private final Vertx vertx;
  private final SimulationTarget target;
  private final SimulationPlan plan;
  private final Clock clock;
  private final Voice voice;
  private final Tally tally = new Tally();
  private final CountDownLatch closing = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Set<String> said = ConcurrentHashMap.newKeySet();
  private final Set<Link> lost = ConcurrentHashMap.newKeySet();
  private final WebClient web;
  private volatile boolean failed;

  Simulation(Vertx vertx, SimulationTarget target, SimulationPlan plan, Clock clock, Voice voice) {
    this.vertx = vertx;
    this.target = target;
    this.plan = plan;
    this.clock = clock;
    this.voice = voice;
    this.web =
        WebClient.create(
            vertx,
            Account.options(target.url(), target.authority()),
            new PoolOptions().setHttp1MaxSize(64));
  }

  void start() {
    Thread.ofVirtual()
        .name("vatio-simulation-" + plan.scenario())
        .start(
            () -> {
              try {
                run();
              } catch (TargetProblem problem) {
                failed = true;
                voice.problem(sentence(problem));
              } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
              } finally {
                ended.countDown();
              }
            });
  }

  Tally.Count count() {
    return tally.count();
  }

  /// True when the server can never be used as asked.
  boolean hasFailed() {
    return failed;
  }

  /// Waits until the simulation ended or the time is over; true when it ended.
  boolean awaitEnd(Duration time) throws InterruptedException {
    return ended.await(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Lets what waits go out for two seconds, then closes every link. May be called twice.
  @Override
  public void close() {
    closing.countDown();
    try {
      ended.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    web.close();
  }

  private void run() throws InterruptedException {
    List<Speaker> speakers = new ArrayList<>();
    try {
      List<Source> sources = sources();
      Map<String, DeviceCredential> credentials = credentials(sources);
      if (isClosing()) {
        return;
      }
      TrustManagerFactory trust = trust();
      for (Source source : sources) {
        speakers.add(speaker(source, trust, credentials.get(source.profile().serial())));
      }
      for (Speaker speaker : speakers) {
        speaker.link().open(new LinkEvents(speaker, speakers.size()));
      }
      voice.started(
          "%d simulated devices (%s) speak to %s every %s s"
              .formatted(
                  speakers.size(),
                  plan.scenario().name().toLowerCase(Locale.ROOT),
                  target,
                  plan.interval().toMillis() / 1000.0));
      speak(speakers);
      drain(speakers);
    } finally {
      closeAll(speakers);
    }
  }

  private List<Source> sources() {
    List<Source> all =
        switch (plan.scenario()) {
          case HOME -> HomeDevices.of(plan);
          case OFFICE -> OfficeDevices.of(plan);
          case WIND -> WindPark.of(plan);
          case DEVICE -> GenericDevices.of(plan);
        };
    DeviceCredential own = target.deviceCredential();
    if (own == null) {
      return all;
    }
    String serial = SimulationTarget.serialOf(own);
    if (plan.scenario() == Scenario.DEVICE) {
      return List.of(GenericDevices.one(serial, new SplittableRandom(plan.seed())));
    }
    List<Source> mine = all.stream().filter(it -> it.profile().serial().equals(serial)).toList();
    if (mine.isEmpty()) {
      throw TargetProblem.lasting(
          "%s is none of the devices of this scenario; use simulate device for any serial."
              .formatted(own.username()));
    }
    return mine;
  }

  private Map<String, DeviceCredential> credentials(List<Source> sources)
      throws InterruptedException {
    DeviceCredential own = target.deviceCredential();
    if (own != null) {
      return Map.of(SimulationTarget.serialOf(own), own);
    }
    if (target.user() == null || target.password() == null) {
      return Map.of();
    }
    Map<String, DeviceCredential> credentials = new ConcurrentHashMap<>();
    try (Account account =
        new Account(vertx, target.url(), target.authority(), target.user(), target.password())) {
      untilItWorks(account::login);
      Map<String, Long> known = new ConcurrentHashMap<>();
      untilItWorks(() -> known.putAll(account.deviceIds()));
      for (Source source : sources) {
        untilItWorks(
            () -> credentials.put(source.profile().serial(), fresh(account, known, source)));
      }
    }
    return credentials;
  }

  private static DeviceCredential fresh(Account account, Map<String, Long> known, Source source) {
    DeviceProfile profile = source.profile();
    Long id = known.get(profile.serial());
    return account.newCredential(id == null ? account.createDevice(profile) : id);
  }

  private void untilItWorks(Runnable step) throws InterruptedException {
    for (long pauseS = 1; !isClosing(); pauseS = Math.min(LONGEST_RETRY_S, pauseS * 2)) {
      try {
        step.run();
        said.clear();
        return;
      } catch (TargetProblem problem) {
        if (!problem.isPassing()) {
          throw problem;
        }
        sayOnce(problem);
        closing.await(pauseS, TimeUnit.SECONDS);
      }
    }
  }

  private Speaker speaker(
      Source source, @Nullable TrustManagerFactory trust, @Nullable DeviceCredential credential) {
    String serial = source.profile().serial();
    boolean http = usesHttp(serial);
    Link link =
        http
            ? new HttpLink(vertx, web, target.url(), WindPark.HTTP_PATH, serial, credential)
            : new MqttLink(
                source,
                "sim-" + serial + "-" + runMark(),
                target,
                trust,
                credential,
                (topic, text) -> voice.heard(serial, topic, Heard.text(text)));
    return new Speaker(source, link, new Outbox(link, tally, http ? HTTP_WINDOW : MQTT_WINDOW));
  }

  private boolean usesHttp(String serial) {
    return plan.scenario() == Scenario.WIND
        && switch (plan.delivery()) {
          case HTTP -> true;
          case MQTT -> false;
          case BOTH -> Integer.parseInt(serial.substring(serial.indexOf('-') + 1)) % 2 == 1;
        };
  }

  /// Two runs at once must not push each other out of the broker by using the same client id.
  private static String runMark() {
    return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
  }

  private @Nullable TrustManagerFactory trust() {
    if (!target.tls()) {
      return null;
    }
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(target.authority() == null ? null : authorities(target.authority()));
      return factory;
    } catch (IOException | GeneralSecurityException e) {
      throw TargetProblem.lasting(
          "The file %s of --ca is not a readable PEM certificate.".formatted(target.authority()));
    }
  }

  private static KeyStore authorities(Path pem) throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (var in = Files.newInputStream(pem)) {
      int number = 0;
      for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        store.setCertificateEntry("authority-" + number++, certificate);
      }
    }
    return store;
  }

  private void speak(List<Speaker> speakers) throws InterruptedException {
    long start = System.nanoTime();
    long interval = plan.interval().toNanos();
    for (long round = 0; ; round++) {
      for (int i = 0; i < speakers.size(); i++) {
        long due = start + round * interval + interval / speakers.size() * i;
        if (closing.await(due - System.nanoTime(), TimeUnit.NANOSECONDS) || failed) {
          return;
        }
        Speaker speaker = speakers.get(i);
        speaker.outbox().offer(speaker.source().next(clock.instant()));
      }
    }
  }

  private void drain(List<Speaker> speakers) throws InterruptedException {
    long end = System.nanoTime() + DRAIN.toNanos();
    for (Speaker speaker : speakers) {
      speaker.outbox().pump();
      speaker.outbox().awaitEmpty(end - System.nanoTime());
    }
  }

  /// In parallel: a broker that does not answer costs two seconds, not two for each device.
  private static void closeAll(List<Speaker> speakers) {
    List<Thread> goodbyes =
        speakers.stream()
            .map(speaker -> Thread.ofVirtual().start(() -> speaker.link().close()))
            .toList();
    for (Thread goodbye : goodbyes) {
      try {
        goodbye.join(Duration.ofSeconds(3));
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private boolean isClosing() {
    return closing.getCount() == 0;
  }

  /// A hundred devices that miss the same server say so once.
  private void sayOnce(TargetProblem problem) {
    if (said.size() < 1000 && said.add(sentence(problem))) {
      voice.problem(sentence(problem));
    }
  }

  private static String sentence(TargetProblem problem) {
    return String.valueOf(problem.getMessage());
  }

  private final class LinkEvents implements Link.Events {
    private final Speaker speaker;
    private final int all;

    LinkEvents(Speaker speaker, int all) {
      this.speaker = speaker;
      this.all = all;
    }

    @Override
    public void ready() {
      speaker.outbox().pump();
    }

    @Override
    public void reconnected() {
      tally.reconnected();
      said.clear();
    }

    @Override
    public void problem(TargetProblem problem) {
      sayOnce(problem);
      if (!problem.isPassing() && lost.add(speaker.link()) && lost.size() == all) {
        failed = true;
      }
    }
  }
}
