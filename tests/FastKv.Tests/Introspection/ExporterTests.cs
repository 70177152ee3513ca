using System.Diagnostics;
using System.Text.RegularExpressions;
using FastKv.Tests.TestKit;
using Xunit;

namespace FastKv.Tests.Introspection;

/// <summary>Debian's prometheus-redis-exporter scrapes FastKv: all metrics that it finds in redis-server, with values that make sense.</summary>
public sealed partial class ExporterTests(ServerTriple servers) : IClassFixture<ServerTriple>
{
    private const int StartMs = 60_000;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Every_metric_of_redis_server_is_there(int shards)
    {
        string expected = await Scrape(servers.Redis);
        string actual = await Scrape(servers.FastKv(shards));
        Assert.Equal([], Names(expected).Except(Names(actual)));
        Assert.Contains("redis_up 1\n", actual, StringComparison.Ordinal);
        Assert.Contains("redis_exporter_last_scrape_error{err=\"\"} 0\n", actual, StringComparison.Ordinal);
        Assert.Contains("redis_db_keys{db=\"db0\"} 20\n", actual, StringComparison.Ordinal);
        Assert.Contains("redis_db_keys_expiring{db=\"db0\"} 10\n", actual, StringComparison.Ordinal);
        Assert.Contains("redis_commands_total{cmd=\"set\"} 20\n", actual, StringComparison.Ordinal);
        Assert.Contains("redis_keyspace_hits_total 20\n", actual, StringComparison.Ordinal);
        Assert.Matches("redis_slowlog_length [1-9]", actual);
        Assert.Matches("redis_last_slow_execution_duration_seconds (0\\.0*)?[1-9]", actual);
        Assert.Matches("redis_memory_used_bytes [1-9]", actual);
        Assert.Matches("redis_connected_clients [1-9]", actual);
        Assert.Contains("redis_instance_info{", actual, StringComparison.Ordinal);
        Assert.Equal([], actual.Split('\n').Where(line => line.StartsWith("redis_", StringComparison.Ordinal) && line.Contains(" NaN", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Names(string metrics) => Metric().Matches(metrics).Select(match => match.Value).Distinct().Order();

    private static async Task<string> Scrape(ServerProcess server)
    {
        using (RespClient client = server.Connect())
        {
            client.Call("FLUSHALL");
            client.Call("CONFIG", "RESETSTAT");
            for (int i = 0; i < 20; i++)
                client.Call(["SET", "k" + i, "v", .. i % 2 == 0 ? ["EX", "1000"] : Array.Empty<string>()]);
            for (int i = 0; i < 20; i++)
                client.Call("GET", "k" + i);
            client.Call("LPUSH", "k1", "wrong type");
            client.Call("DEBUG", "SLEEP", "0.02");
        }
        string address = "127.0.0.1:" + FreePort.Next();
        using var exporter = Process.Start(new ProcessStartInfo("prometheus-redis-exporter",
            ["-redis.addr", $"redis://127.0.0.1:{server.Port}", "-web.listen-address", address])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            using var http = new HttpClient();
            for (var watch = Stopwatch.StartNew(); ;)
            {
                try
                {
                    return await http.GetStringAsync(new Uri($"http://{address}/metrics"));
                }
                catch (HttpRequestException) when (watch.ElapsedMilliseconds < StartMs)
                {
                    // Not listening yet.
                    await Task.Delay(50);
                }
            }
        }
        finally
        {
            exporter.Kill();
            await exporter.WaitForExitAsync();
        }
    }

    [GeneratedRegex("^redis_[a-z0-9_]+", RegexOptions.Multiline)]
    private static partial Regex Metric();
}
