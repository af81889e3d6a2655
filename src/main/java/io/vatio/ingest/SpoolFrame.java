package io.vatio.ingest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vatio.device.DeviceTemplate;
import io.vatio.kernel.Micros;
import io.vatio.kernel.Permission;
import io.vatio.kernel.Principal;
import io.vatio.kernel.Reach;
import io.vatio.kernel.Text;
import io.vatio.platform.json.Json;
import io.vatio.sensor.SensorTemplate;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A spooled message as bytes. Texts that come again within a message (the device of each of its
/// samples) are written once.
final class SpoolFrame {
  private static final int VERSION = 1;

  private SpoolFrame() {}

  static byte[] encode(Spooled spooled) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (Writer out = new Writer(bytes)) {
      out.data.writeByte(VERSION);
      RawMessage message = spooled.message();
      out.text(message.origin().name());
      out.text(message.address());
      out.bytes(message.payload());
      out.data.writeLong(Micros.of(message.receivedAt()));
      out.principal(message.sender());
      out.data.writeLong(message.delivery());
      out.data.writeBoolean(message.redelivered());
      out.decoding(spooled.decoding());
      Spooled.Suspect suspect = spooled.suspect();
      out.data.writeBoolean(suspect != null);
      if (suspect != null) {
        out.data.writeInt(suspect.seriesId());
        out.data.writeLong(suspect.ts());
        out.data.writeLong(suspect.seq());
      }
    } catch (IOException e) {
      throw new IllegalStateException("spool frame", e);
    }
    return bytes.toByteArray();
  }

  /// @throws IOException when these are no bytes of [#encode]
  static Spooled decode(byte[] frame) throws IOException {
    try (Reader in = new Reader(frame)) {
      int version = in.data.readByte();
      if (version != VERSION) {
        throw new IOException("version " + version);
      }
      RawMessage message =
          new RawMessage(
              Origin.valueOf(in.text()),
              in.text(),
              in.bytes(),
              Micros.toInstant(in.data.readLong()),
              in.principal(),
              in.data.readLong(),
              in.data.readBoolean());
      Decoding decoding = in.decoding();
      Spooled.Suspect suspect =
          in.data.readBoolean()
              ? new Spooled.Suspect(in.data.readInt(), in.data.readLong(), in.data.readLong())
              : null;
      return new Spooled(message, decoding, suspect);
    } catch (RuntimeException e) {
      throw new IOException(e);
    }
  }

  private static final class Writer implements AutoCloseable {
    private final DataOutputStream data;
    private final Map<String, Integer> texts = new HashMap<>();

    Writer(ByteArrayOutputStream bytes) {
      this.data = new DataOutputStream(bytes);
    }

    /// −1 is null, 0 a text that follows, n the nth text that was written.
    void text(@Nullable String text) throws IOException {
      if (text == null) {
        data.writeInt(-1);
        return;
      }
      Integer known = texts.putIfAbsent(text, texts.size() + 1);
      data.writeInt(known == null ? 0 : known);
      if (known == null) {
        bytes(text.getBytes(StandardCharsets.UTF_8));
      }
    }

    void bytes(byte[] bytes) throws IOException {
      data.writeInt(bytes.length);
      data.write(bytes);
    }

    void instant(@Nullable Instant at) throws IOException {
      data.writeBoolean(at != null);
      if (at != null) {
        data.writeLong(Micros.of(at));
      }
    }

    void principal(Principal principal) throws IOException {
      switch (principal) {
        case Principal.User user -> {
          data.writeByte(1);
          data.writeLong(user.id());
          text(user.username());
          data.writeBoolean(user.superuser());
          text(user.role());
          permissions(user.permissions());
          text(user.reach().name());
        }
        case Principal.ApiKey key -> {
          data.writeByte(2);
          data.writeLong(key.id());
          text(key.label());
          permissions(key.permissions());
          data.writeLong(key.owner());
          text(key.reach().name());
        }
        case Principal.Device device -> {
          data.writeByte(3);
          data.writeLong(device.id());
          text(device.serial());
        }
        case Principal.Trusted trusted -> {
          data.writeByte(4);
          text(trusted.address());
          text(trusted.role());
          permissions(trusted.permissions());
        }
        case Principal.Anonymous anonymous -> {
          data.writeByte(5);
          text(anonymous.address());
        }
        case Principal.Broker broker -> {
          data.writeByte(6);
          text(broker.place());
        }
      }
    }

    private void permissions(Set<Permission> permissions) throws IOException {
      data.writeInt(permissions.size());
      for (Permission permission : permissions) {
        text(permission.name());
      }
    }

    void decoding(Decoding decoding) throws IOException {
      switch (decoding) {
        case Decoding.Refused(Rejection rejection) -> {
          data.writeByte(1);
          text(rejection.reason().name());
          text(rejection.text().key());
          data.writeInt(rejection.text().arguments().size());
          for (Object argument : rejection.text().arguments()) {
            argument(argument);
          }
        }
        case Decoding.Known(KnownReadings readings) -> {
          data.writeByte(3);
          known(readings);
        }
        case Decoding.Content content -> {
          data.writeByte(2);
          data.writeInt(content.samples().size());
          for (Sample sample : content.samples()) {
            sample(sample);
          }
          data.writeInt(content.states().size());
          for (StateReport state : content.states()) {
            state(state);
          }
        }
      }
    }

    /// The series that are used with their devices, then the readings by place in that list.
    private void known(KnownReadings readings) throws IOException {
      Map<Integer, Integer> places = new HashMap<>();
      data.writeInt(readings.used().size());
      for (Map.Entry<Integer, Long> series : readings.used().entrySet()) {
        places.put(series.getKey(), places.size());
        data.writeInt(series.getKey());
        data.writeLong(series.getValue());
      }
      data.writeInt(readings.size());
      for (int i = 0; i < readings.size(); i++) {
        data.writeInt(places.getOrDefault(readings.seriesId(i), 0));
        data.writeLong(readings.time(i));
        data.writeDouble(readings.value(i));
        text(readings.meta(i));
      }
    }

    /// Numbers stay numbers: a language writes them in its own way.
    private void argument(Object argument) throws IOException {
      switch (argument) {
        case Integer number -> {
          data.writeByte(1);
          data.writeLong(number);
        }
        case Long number -> {
          data.writeByte(1);
          data.writeLong(number);
        }
        case Double number -> {
          data.writeByte(2);
          data.writeDouble(number);
        }
        default -> {
          data.writeByte(3);
          text(argument.toString());
        }
      }
    }

    private void sample(Sample sample) throws IOException {
      device(sample.device());
      text(sample.sensor().key());
      text(sample.sensor().name());
      text(sample.sensor().type());
      text(sample.sensor().unit());
      data.writeDouble(sample.sensor().min());
      data.writeDouble(sample.sensor().max());
      data.writeDouble(sample.value());
      instant(sample.at());
      data.writeInt(sample.quality());
      text(sample.meta());
    }

    private void state(StateReport state) throws IOException {
      device(state.device());
      text(state.state());
      text(json(state.parameters()));
      text(json(state.configuration()));
      instant(state.at());
    }

    private static @Nullable String json(@Nullable ObjectNode node) {
      return node == null ? null : node.toString();
    }

    private void device(DeviceTemplate device) throws IOException {
      text(device.serial());
      text(device.name());
      text(device.type());
      text(device.model());
      data.writeBoolean(device.claimed());
    }

    @Override
    public void close() throws IOException {
      data.close();
    }
  }

  private static final class Reader implements AutoCloseable {
    private final DataInputStream data;
    private final List<String> texts = new ArrayList<>();

    Reader(byte[] frame) {
      this.data = new DataInputStream(new ByteArrayInputStream(frame));
    }

    @Nullable String textOrNull() throws IOException {
      int known = data.readInt();
      if (known < 0) {
        return null;
      }
      if (known > 0) {
        return texts.get(known - 1);
      }
      String text = new String(bytes(), StandardCharsets.UTF_8);
      texts.add(text);
      return text;
    }

    String text() throws IOException {
      String text = textOrNull();
      if (text == null) {
        throw new IOException("a text is missing");
      }
      return text;
    }

    byte[] bytes() throws IOException {
      int length = data.readInt();
      if (length < 0 || length > data.available()) {
        throw new IOException("length " + length);
      }
      return data.readNBytes(length);
    }

    @Nullable Instant instant() throws IOException {
      return data.readBoolean() ? Micros.toInstant(data.readLong()) : null;
    }

    Principal principal() throws IOException {
      int kind = data.readByte();
      return switch (kind) {
        case 1 ->
            new Principal.User(
                data.readLong(),
                text(),
                data.readBoolean(),
                text(),
                permissions(),
                Reach.valueOf(text()));
        case 2 ->
            new Principal.ApiKey(
                data.readLong(), text(), permissions(), data.readLong(), Reach.valueOf(text()));
        case 3 -> new Principal.Device(data.readLong(), text());
        case 4 -> new Principal.Trusted(text(), text(), permissions());
        case 5 -> new Principal.Anonymous(text());
        case 6 -> new Principal.Broker(text());
        default -> throw new IOException("sender " + kind);
      };
    }

    private Set<Permission> permissions() throws IOException {
      Set<Permission> permissions = EnumSet.noneOf(Permission.class);
      int count = data.readInt();
      for (int i = 0; i < count; i++) {
        permissions.add(Permission.valueOf(text()));
      }
      return permissions;
    }

    Decoding decoding() throws IOException {
      int kind = data.readByte();
      return switch (kind) {
        case 1 -> refused();
        case 2 -> content();
        case 3 -> known();
        default -> throw new IOException("decoding " + kind);
      };
    }

    private Decoding refused() throws IOException {
      Rejection.Reason reason = Rejection.Reason.valueOf(text());
      String key = text();
      List<Object> arguments = new ArrayList<>();
      int count = data.readInt();
      for (int i = 0; i < count; i++) {
        arguments.add(argument());
      }
      return new Decoding.Refused(new Rejection(reason, new Text(key, arguments)));
    }

    private Object argument() throws IOException {
      int kind = data.readByte();
      return switch (kind) {
        case 1 -> data.readLong();
        case 2 -> data.readDouble();
        default -> text();
      };
    }

    private Decoding content() throws IOException {
      List<Sample> samples = new ArrayList<>();
      int sampleCount = data.readInt();
      for (int i = 0; i < sampleCount; i++) {
        samples.add(sample());
      }
      List<StateReport> states = new ArrayList<>();
      int stateCount = data.readInt();
      for (int i = 0; i < stateCount; i++) {
        states.add(new StateReport(device(), textOrNull(), node(), node(), instant()));
      }
      return new Decoding.Content(samples, states);
    }

    private Decoding known() throws IOException {
      int used = data.readInt();
      List<Integer> series = new ArrayList<>();
      List<Long> devices = new ArrayList<>();
      for (int i = 0; i < used; i++) {
        series.add(data.readInt());
        devices.add(data.readLong());
      }
      int count = data.readInt();
      KnownReadings readings = new KnownReadings(Math.min(count, 10_000));
      for (int i = 0; i < count; i++) {
        int place = data.readInt();
        readings.add(
            series.get(place),
            devices.get(place),
            data.readLong(),
            data.readDouble(),
            textOrNull());
      }
      return new Decoding.Known(readings);
    }

    private Sample sample() throws IOException {
      return new Sample(
          device(),
          new SensorTemplate(text(), text(), text(), text(), data.readDouble(), data.readDouble()),
          data.readDouble(),
          instant(),
          data.readInt(),
          textOrNull());
    }

    private @Nullable ObjectNode node() throws IOException {
      String json = textOrNull();
      return json == null ? null : (ObjectNode) Json.parse(json);
    }

    private DeviceTemplate device() throws IOException {
      return new DeviceTemplate(text(), text(), text(), text(), data.readBoolean());
    }

    @Override
    public void close() throws IOException {
      data.close();
    }
  }
}
