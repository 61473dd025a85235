import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The work of `bench/peers/verdicts.py` on Kafka Streams: at least once, a commit each second, a changelog.
 *
 * Usage: Track rocksdb|memory, with BOOTSTRAP, INPUT, OUTPUT, GROUP and STATE_DIR in the environment.
 */
public final class Track {
    private static final String STORE = "attempts";
    private static final List<String> ORDER =
            List.of("unknown", "accepted", "queued", "sent", "undelivered", "expired", "rejected", "failed", "delivered", "seen");
    private static final int ID_BYTES = 8;

    public static void main(String[] arguments) {
        Map<String, String> told = System.getenv();
        Topology topology = new Topology();
        Serde<byte[]> bytes = Serdes.ByteArray();
        var supplier = arguments[0].equals("rocksdb")
                ? Stores.persistentKeyValueStore(STORE) : Stores.inMemoryKeyValueStore(STORE);
        topology.addSource("reports", bytes.deserializer(), bytes.deserializer(), told.get("INPUT"))
                .addProcessor("track", Attempts::new, "reports")
                .addStateStore(Stores.keyValueStoreBuilder(supplier, bytes, bytes).withCachingEnabled(), "track")
                .addSink("updates", told.get("OUTPUT"), bytes.serializer(), bytes.serializer(), "track");
        KafkaStreams streams = new KafkaStreams(topology, settings(told));
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static Properties settings(Map<String, String> told) {
        Properties settings = new Properties();
        settings.put("application.id", told.get("GROUP"));
        settings.put("bootstrap.servers", told.get("BOOTSTRAP"));
        settings.put("state.dir", told.get("STATE_DIR"));
        settings.put("num.stream.threads", "1");
        settings.put("commit.interval.ms", "1000");
        settings.put("replication.factor", "1");
        settings.put("consumer.auto.offset.reset", "earliest");
        settings.put("consumer.max.poll.records", "2000");
        settings.put("producer.acks", "all");
        settings.put("producer.compression.type", "zstd");
        settings.put("producer.linger.ms", "5");
        settings.put("producer.batch.size", "262144");
        return settings;
    }

    private static final class Attempts implements Processor<byte[], byte[], byte[], byte[]> {
        private final JsonFactory json = new JsonFactory();
        private ProcessorContext<byte[], byte[]> context;
        private KeyValueStore<byte[], byte[]> attempts;

        @Override
        public void init(ProcessorContext<byte[], byte[]> given) {
            context = given;
            attempts = given.getStateStore(STORE);
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            byte[] state = attempts.get(record.key());
            Report report = read(record.value());
            int rank = ORDER.indexOf(report.status);
            int before = state == null ? -1 : state[0];
            String verdict = "repeated";
            int after = before;
            if (state == null || !isSeen(state, report.eventId)) {
                verdict = rank > before ? "applied" : "outranked";
                after = Math.max(rank, before);
                attempts.put(record.key(), joined(state, (byte) after, report.eventId));
            }
            context.forward(record.withValue(told(verdict, before, after, record.value())));
        }

        /** Two members of the report, without making anything of the others. */
        private Report read(byte[] value) {
            String eventId = null;
            String status = null;
            try (JsonParser parser = json.createParser(value)) {
                parser.nextToken();
                while (parser.nextToken() == JsonToken.FIELD_NAME && (eventId == null || status == null)) {
                    String name = parser.currentName();
                    parser.nextToken();
                    switch (name) {
                        case "event_id" -> eventId = parser.getText();
                        case "status" -> status = parser.getText();
                        default -> parser.skipChildren();
                    }
                }
            } catch (IOException wrong) {
                throw new UncheckedIOException(wrong);
            }
            return new Report(Long.parseUnsignedLong(eventId, 0, 16, 16), status);
        }

        private static boolean isSeen(byte[] state, long eventId) {
            for (int at = 1; at < state.length; at += ID_BYTES) {
                if (java.nio.ByteBuffer.wrap(state).getLong(at) == eventId) {
                    return true;
                }
            }
            return false;
        }

        private static byte[] joined(byte[] state, byte rank, long eventId) {
            byte[] joined = state == null ? new byte[1 + ID_BYTES] : Arrays.copyOf(state, state.length + ID_BYTES);
            joined[0] = rank;
            java.nio.ByteBuffer.wrap(joined).putLong(joined.length - ID_BYTES, eventId);
            return joined;
        }

        private static byte[] told(String verdict, int before, int after, byte[] report) {
            String previous = before < 0 ? "" : ",\"previous_status\":\"" + ORDER.get(before) + '"';
            byte[] head = ("{\"verdict\":\"" + verdict + "\",\"status\":\"" + ORDER.get(after) + '"' + previous + ",\"report\":")
                    .getBytes(StandardCharsets.UTF_8);
            byte[] whole = Arrays.copyOf(head, head.length + report.length + 1);
            System.arraycopy(report, 0, whole, head.length, report.length);
            whole[whole.length - 1] = '}';
            return whole;
        }
    }

    private record Report(long eventId, String status) {}
}
