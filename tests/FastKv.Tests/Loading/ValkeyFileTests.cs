using FastKv.Structures.Encoding;
using FastKv.Tests.Persistence;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Loading;

/// <summary>RDB files of Valkey 9 (version 80), made by hand: what it shares with Redis, its own hash, what else its files may hold.</summary>
public sealed class ValkeyFileTests
{
    private const long FarFutureMs = 4_000_000_000_000;

    [Theory]
    [InlineData(ServerKind.FastKv1)]
    [InlineData(ServerKind.FastKv3)]
    public void Hashes_whose_fields_expire_load(ServerKind kind)
    {
        byte[] hash = [.. LegacyValues.Length(4), .. Field("plain", "v", -1), .. Field("expiring", "w", FarFutureMs), .. Field("gone", "x", 1000), .. Field("7", "8", -1)];
        byte[] large = [.. LegacyValues.Length(2000), .. Enumerable.Range(0, 2000).SelectMany(i => Field($"field:{i}", $"{i}", i % 2 == 0 ? -1 : FarFutureMs + i))];
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File, Valkey("080", [.. Record(22, "small", hash), .. Record(22, "large", large), .. Record(22, "empty", [1, .. Field("f", "v", 1000)])]));
        using var server = ServerProcess.Start(kind, "--dir", folder.Path);
        using var client = server.Connect();
        Assert.Equal(2, client.Call("DBSIZE").Integer);
        Assert.Equal(3, client.Call("HLEN", "small").Integer);
        Assert.Equal("v", client.Call("HGET", "small", "plain").Text);
        Assert.Equal("w", client.Call("HGET", "small", "expiring").Text);
        Assert.Equal("8", client.Call("HGET", "small", "7").Text);
        Assert.Equal([FarFutureMs, -1], client.Call("HPEXPIRETIME", "small", "FIELDS", "2", "expiring", "plain").Items!.Select(item => item.Integer));
        Assert.Equal(2000, client.Call("HLEN", "large").Integer);
        Assert.Equal([FarFutureMs + 1999, -1], client.Call("HPEXPIRETIME", "large", "FIELDS", "2", "field:1999", "field:1998").Items!.Select(item => item.Integer));

        // And on in a file that Redis has a format for.
        Assert.Equal("OK", client.Call("DEBUG", "RELOAD").Text);
        Assert.Equal([FarFutureMs, -1], client.Call("HPEXPIRETIME", "small", "FIELDS", "2", "expiring", "plain").Items!.Select(item => item.Integer));
    }

    [Fact]
    public void Every_type_that_it_shares_with_redis_loads()
    {
        // The same values by RESTORE, which knows Redis's numbers.
        byte[][] values = LegacyValues.All().Where(value => value[0] <= 21).ToArray();
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File, Valkey("080", values.SelectMany((value, i) => Record(value[0], $"k{i}", value[1..])).ToArray()));
        using var server = ServerProcess.Start(ServerKind.FastKv3, "--dir", folder.Path);
        using var client = server.Connect();
        Assert.Equal(values.Length, client.Call("DBSIZE").Integer);
        for (int i = 0; i < values.Length; i++)
        {
            byte[] payload = [.. values[i], 11, 0];
            payload = [.. payload, .. BitConverter.GetBytes(Crc64.Append(0, payload))];
            Assert.Equal("OK", client.CallBytes("RESTORE"u8.ToArray(), "other"u8.ToArray(), "0"u8.ToArray(), payload, "REPLACE"u8.ToArray()).Text);
            Assert.Equal(client.Call("DEBUG", "DIGEST-VALUE", "other").Items![0].Text, client.Call("DEBUG", "DIGEST-VALUE", $"k{i}").Items![0].Text);
        }
    }

    [Fact]
    public void What_belongs_to_a_cluster_is_passed_over()
    {
        byte[] import = [243, .. LegacyValues.Text(new string('a', 40)), 2, 0, 5, .. LegacyValues.Length(100), .. LegacyValues.Length(16383)];
        byte[] slot = [244, 5, 1, 0];
        byte[] hash = [.. LegacyValues.Length(1), .. Field("f", "v", FarFutureMs)];
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File, Valkey("080", [.. import, .. slot, .. Record(0, "k", LegacyValues.Text("v")), .. Record(22, "h", hash)]));
        var verdict = CheckTool.Ours("", "check-rdb", folder.File);
        Assert.Contains("RDB looks OK", verdict.Output);
        Assert.Equal(0, verdict.ExitCode);
        using var server = ServerProcess.Start(ServerKind.FastKv1, "--dir", folder.Path);
        using var client = server.Connect();
        Assert.Equal("v", client.Call("GET", "k").Text);
        Assert.Equal("v", client.Call("HGET", "h", "f").Text);
    }

    [Theory]
    [InlineData("080", 23, "unknown type of value, at offset 11 of")]
    [InlineData("080", 24, "unknown type of value, at offset 11 of")]
    [InlineData("080", 25, "unknown type of value, at offset 11 of")]
    [InlineData("080", 26, "unknown type of value, at offset 11 of")]
    [InlineData("080", 200, "unknown type of value, at offset 11 of")]
    [InlineData("081", 0, "version cannot be handled, at offset 9 of")]
    [InlineData("011", 0, "version cannot be handled, at offset 9 of")]
    [InlineData("08x", 0, "version cannot be handled, at offset 9 of")]
    public void What_it_does_not_know_stops_the_start(string version, byte type, string reason)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File, Valkey(version, Record(type, "k", LegacyValues.Text("v"))));
        var failure = Assert.Throws<InvalidOperationException>(() => ServerProcess.Start(ServerKind.FastKv3, "--dir", folder.Path));
        Assert.Contains(reason, failure.Message);
    }

    [Fact]
    public void The_number_of_its_hash_means_another_thing_in_files_of_redis()
    {
        byte[] asRedis = [.. LegacyValues.Length(1), .. LegacyValues.Length(0), .. LegacyValues.Text("f"), .. LegacyValues.Text("v")];
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File, File0("REDIS0012", Record(22, "k", asRedis)));
        using (var server = ServerProcess.Start(ServerKind.FastKv1, "--dir", folder.Path))
        {
            using var client = server.Connect();
            Assert.Equal("v", client.Call("HGET", "k", "f").Text);
        }
        foreach (string version in new[] { "0012", "0080" })
        {
            File.WriteAllBytes(folder.File, File0("REDIS" + version, Record(243, "k", asRedis)));
            var failure = Assert.Throws<InvalidOperationException>(() => ServerProcess.Start(ServerKind.FastKv1, "--dir", folder.Path));
            Assert.Contains("at offset", failure.Message);
        }
    }

    [Fact]
    public void A_damaged_hash_stops_the_start()
    {
        byte[] twice = [.. LegacyValues.Length(2), .. Field("f", "v", -1), .. Field("f", "w", FarFutureMs)];
        byte[] badTime = [.. LegacyValues.Length(1), .. Field("f", "v", -2)];
        byte[] tooMany = [.. LegacyValues.Length(1000), .. Field("f", "v", -1)];
        using var folder = new TemporaryFolder();
        foreach (byte[] value in new[] { twice, badTime, tooMany })
        {
            File.WriteAllBytes(folder.File, Valkey("080", Record(22, "k", value)));
            var failure = Assert.Throws<InvalidOperationException>(() => ServerProcess.Start(ServerKind.FastKv1, "--dir", folder.Path));
            Assert.Contains("at offset", failure.Message);
        }
    }

    private static byte[] Field(string name, string value, long expiryMs) => [.. LegacyValues.Text(name), .. LegacyValues.Text(value), .. BitConverter.GetBytes(expiryMs)];

    private static byte[] Record(byte type, string key, byte[] value) => [type, .. LegacyValues.Text(key), .. value];

    private static byte[] Valkey(string version, byte[] records) => File0("VALKEY" + version, records);

    // The choice of database 0 stands between the signature and the records, the first of which is at offset 11.
    private static byte[] File0(string signature, byte[] records)
    {
        byte[] body = [.. System.Text.Encoding.ASCII.GetBytes(signature), 254, 0, .. records, 255];
        return [.. body, .. BitConverter.GetBytes(Crc64.Append(0, body))];
    }
}
