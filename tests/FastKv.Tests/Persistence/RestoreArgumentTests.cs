using System.Text;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>Options and errors of RESTORE, against redis-server: which error comes first, and what the options do.</summary>
public sealed class RestoreArgumentTests
{
    private const long SecondsApartMax = 20;

    // P: a sound payload; B: one whose checksum is wrong; V: of a version to come; E: of an empty list; G: sound, and no value.
    private static readonly string[] s_lines =
    [
        "RESTORE k", "RESTORE k 0", "RESTORE k x P", "RESTORE k -1 P", "RESTORE k 0 B", "RESTORE k 0 V", "RESTORE k 0 G", "RESTORE k 0 E",
        "RESTORE k 0 short", "RESTORE k x B FREQ 300", "RESTORE k 0 P FREQ x", "RESTORE k 0 P FREQ -1", "RESTORE k 0 P IDLETIME -1",
        "RESTORE k 0 P IDLETIME x", "RESTORE k 0 P IDLETIME", "RESTORE k 0 P FREQ 1 IDLETIME 1", "RESTORE k 0 P IDLETIME 1 FREQ 1", "RESTORE k 0 P WRONG",
        "GET k", "RESTORE k 0 P", "GET k", "RESTORE k 0 P", "RESTORE k x P", "RESTORE k -1 P", "RESTORE k -1 P REPLACE", "RESTORE k 0 B REPLACE",
        "RESTORE k 0 P replace", "TTL k", "RESTORE k 100000000 P REPLACE ABSTTL", "EXISTS k", "RESTORE k 100000000 P ABSTTL", "EXISTS k",
        "RESTORE k 100000000 P", "TTL k", "RESTORE l 4000000000000 P ABSTTL", "PEXPIRETIME l", "RESTORE k 0 P REPLACE IDLETIME 1000", "OBJECT IDLETIME k",
        "CONFIG SET maxmemory-policy allkeys-lfu lfu-decay-time 0", "RESTORE k 0 P REPLACE FREQ 200", "OBJECT FREQ k", "RESTORE k 0 P REPLACE FREQ 255", "OBJECT FREQ k",
        "CONFIG SET maxmemory-policy noeviction", "DUMP none", "RESTORE-ASKING k 0 P", "RESTORE-ASKING k 0 P REPLACE", "DEL k",
        "DEBUG SET-SKIP-CHECKSUM-VALIDATION 1", "RESTORE k 0 B", "GET k", "DEBUG SET-SKIP-CHECKSUM-VALIDATION 0", "RESTORE k 0 B REPLACE", "DUMP",
        "DUMP a b", "RESTORE t 1 P ABSTTL REPLACE", "EXISTS t", "RESTORE t 9223372036854775807 P", "EXISTS t",
    ];

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Replies_are_those_of_redis(ServerKind kind)
    {
        using var fastKv = ServerProcess.Start(kind);
        using var redis = ServerProcess.Start(ServerKind.Redis);
        using var ours = fastKv.Connect();
        using var theirs = redis.Connect();
        theirs.Call("SET", "source", "the value");
        byte[] sound = theirs.Call("DUMP", "source").Payload!;
        foreach (string line in s_lines)
        {
            byte[][] words = [.. line.Split(' ').Select(Encoding.ASCII.GetBytes)];
            if (words.Length > 3 && words[3].Length == 1)
                words[3] = Payload((char)words[3][0], sound);
            RespFrame expected = theirs.CallBytes(words), actual = ours.CallBytes(words);

            // Both count seconds, each by its own clock.
            bool isTime = line is "TTL k" or "OBJECT IDLETIME k" && expected.Type == ':' && actual.Type == ':';
            bool agree = isTime ? Math.Abs(expected.Integer - actual.Integer) <= SecondsApartMax : expected.Raw.AsSpan().SequenceEqual(actual.Raw);
            Assert.True(agree, $"{line}\nexpected {expected}\nactual   {actual}");
        }
    }

    private static byte[] Payload(char kind, byte[] sound)
    {
        switch (kind)
        {
            case 'P':
                return sound;
            case 'B':
                return [.. sound[..^1], (byte)(sound[^1] ^ 1)];
            case 'V':
                return Sealed([.. sound[..^10], 99, 0]);
            case 'E':
                return Sealed([1, 0, 10, 0]);
            default:
                return Sealed([200, 1, 2, 3, 10, 0]);
        }
    }

    private static byte[] Sealed(byte[] bytes) => [.. bytes, .. BitConverter.GetBytes(FastKv.Structures.Encoding.Crc64.Append(0, bytes))];
}
