using FastKv.Tests.TestKit;

namespace FastKv.Tests.Migration;

/// <summary>Clients that count on, whatever happens to the counters.</summary>
internal static class Counting
{
    public const int Counters = 6;
    private const int Lists = 3;

    public static string Counter(Random random) => $"counter{random.Next(Counters)}";

    public static string List(Random random) => $"list{random.Next(Lists)}";

    /// <summary>
    /// Increments in one of the ways in which commands reach partitions: one by one, in pipelines, in transactions, by elements of lists. Returns how many were
    /// acknowledged.
    /// </summary>
    public static long Run(ServerProcess server, Random random, int way, CancellationToken end)
    {
        using var client = server.Connect();
        long acknowledged = 0;
        while (!end.IsCancellationRequested)
        {
            string[] keys = [Counter(random), Counter(random), Counter(random)];
            switch (way)
            {
                case 0:
                    acknowledged += client.Call("INCR", keys[0]).IsError ? 0 : 1;
                    break;
                case 1:
                    byte[] pipeline = [.. keys.SelectMany(key => RespClient.Encode("INCR", key))];
                    acknowledged += client.Pipeline(pipeline, keys.Length).Count(reply => !reply.IsError);
                    break;
                case 2:
                    client.Call("MULTI");
                    foreach (string key in keys)
                        client.Call("INCR", key);
                    var replies = client.Call("EXEC");
                    acknowledged += replies.Items!.Count(reply => !reply.IsError);
                    break;
                default:
                    // Pushed here, taken from there to the next list by a command that may block.
                    string list = List(random), next = List(random);
                    acknowledged += client.Call("LPUSH", list, "x").IsError ? 0 : 1;
                    client.Call("BLMOVE", List(random), next, "LEFT", "RIGHT", "0.01");
                    client.Call(["MGET", .. keys]);
                    break;
            }
        }
        return acknowledged;
    }
}
