using FastKv.Tests.Persistence;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Loading;

/// <summary>
/// Data on disk, and servers that take as long to load them as a test needs: <c>key-load-delay</c> holds them up until the test sets it to 0. Each server works on
/// a copy.
/// </summary>
internal sealed class SlowLoad : IDisposable
{
    /// <summary>With 2 ms for each of them a load takes a minute if nobody ends it.</summary>
    public const int Keys = 30_000;

    private const string DelayUs = "2000";
    private readonly TemporaryFolder _data = new();
    private readonly List<TemporaryFolder> _copies = [];
    private readonly bool _isJournal;

    /// <param name="isJournal">Whether the data are an append-only file.</param>
    /// <param name="kind">Who writes them.</param>
    public SlowLoad(bool isJournal = false, ServerKind kind = ServerKind.Redis)
    {
        _isJournal = isJournal;
        using var server = ServerProcess.Start(kind, "--dir", _data.Path, "--appendonly", isJournal ? "yes" : "no");
        using var client = server.Connect();
        Fill(client);
        Digest = DataComparison.DigestOf(client);
        if (!isJournal)
            client.Call("SAVE");
        client.Send("SHUTDOWN", "NOSAVE");
        client.ReadToEnd();
        if (server.WaitForExit() != 0)
            throw new InvalidOperationException(server.Log);
    }

    /// <summary>Of the data.</summary>
    public string Digest { get; }

    /// <summary>A server that has begun to load a copy of the data, in <paramref name="folder"/>.</summary>
    public ServerProcess Start(ServerKind kind, out TemporaryFolder folder, params string[] options) => Start(kind, DelayUs, out folder, options);

    /// <summary>The same with a delay of its own, in microseconds per key.</summary>
    public ServerProcess Start(ServerKind kind, string delayUs, out TemporaryFolder folder, params string[] options)
    {
        folder = Copy();
        string[] journal = _isJournal ? ["--appendonly", "yes"] : [];
        return ServerProcess.Start(
            kind, ["--dir", folder.Path, "--key-load-delay", delayUs, "--loading-process-events-interval-bytes", "1024", .. journal, .. options]);
    }

    /// <summary>A folder with the data.</summary>
    public TemporaryFolder Copy()
    {
        var folder = new TemporaryFolder();
        _copies.Add(folder);
        foreach (string path in Directory.EnumerateFiles(_data.Path, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(folder.Path, Path.GetRelativePath(_data.Path, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }
        return folder;
    }

    /// <summary>Lets a server load the rest at once, and waits until it has.</summary>
    public static void Finish(RespClient client)
    {
        client.Call("CONFIG", "SET", "key-load-delay", "0");
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (IsLoading(client))
        {
            if (watch.ElapsedMilliseconds > 60_000)
                throw new InvalidOperationException("the load does not end");
            Thread.Sleep(10);
        }
    }

    public static bool IsLoading(RespClient client) => client.Call("INFO", "persistence").Text.Contains("\r\nloading:1\r\n");

    public void Dispose()
    {
        _data.Dispose();
        foreach (var copy in _copies)
            copy.Dispose();
    }

    private static void Fill(RespClient client)
    {
        const int batch = 500;
        var commands = new List<byte>();
        for (int i = 0; i < Keys; i++)
        {
            commands.AddRange((i % 10) switch
            {
                0 => RespClient.Encode("HSET", $"hash:{i}", "field", $"{i}", "other", "value"),
                1 => RespClient.Encode("RPUSH", $"list:{i}", "a", "b", $"{i}"),
                2 => RespClient.Encode("ZADD", $"sorted:{i}", "1", "a", $"{i}", "b"),
                3 => RespClient.Encode("SADD", $"set:{i}", $"{i}", "a", "b"),
                4 => RespClient.Encode("SET", $"expiring:{i}", $"{i}", "EX", "100000"),

                // Over several shards, as far as there are several.
                5 => RespClient.Encode("MSET", $"one:{i}", $"{i}", $"two:{i}", "2"),
                6 => RespClient.Encode("RENAME", $"one:{i - 1}", $"renamed:{i}"),
                _ => RespClient.Encode("SET", $"string:{i}", $"value {i}"),
            });
            if (i % batch != batch - 1)
                continue;
            foreach (var reply in client.Pipeline(commands.ToArray(), batch))
            {
                if (reply.IsError)
                    throw new InvalidOperationException(reply.Text);
            }
            commands.Clear();
        }
    }
}
