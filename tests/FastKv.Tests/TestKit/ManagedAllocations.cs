namespace FastKv.Tests.TestKit;

/// <summary>What a server allocates on the managed heap, by its own count (INFO runtime), which is exact.</summary>
internal static class ManagedAllocations
{
    /// <summary>The debug heap's books, entries of the slow log and lines of the watchdog are objects; on a busy machine any command may take long.</summary>
    private static readonly string[] s_quiet = ["--debug-heap", "no", "--slowlog-log-slower-than", "-1", "--stall-watchdog-ms", "0"];

    /// <summary>A FastKv that allocates nothing by itself.</summary>
    public static FastKvProcess Start(int shards, params string[] options) => new(shards, [.. s_quiet, .. options]);

    /// <summary>Bytes allocated while a load runs, less what asking for them takes.</summary>
    public static long While(RespClient client, Action load)
    {
        long noise = Total(client);
        noise = Total(client) - noise;
        long before = Total(client);
        load();
        return Total(client) - before - noise;
    }

    /// <summary>Commands, so many times, encoded for one pipeline; <c>{n}</c> in them is the number of the repetition.</summary>
    public static byte[] Round(IReadOnlyList<string> commands, int repetitions) =>
        [.. Enumerable.Range(0, repetitions).SelectMany(n => commands.SelectMany(command => RespClient.Encode(Words(command, n))))];

    /// <summary>The arguments of a command of which <c>{n}</c> stands for a number.</summary>
    public static string[] Words(string command, int n) => command.Replace("{n}", n.ToString(), StringComparison.Ordinal).Split(' ');

    private static long Total(RespClient client)
    {
        const string Field = "gc_allocated_bytes:";
        string text = client.Call("INFO", "runtime").Text;
        int start = text.IndexOf(Field, StringComparison.Ordinal) + Field.Length;
        return long.Parse(text.AsSpan(start, text.IndexOf('\r', start) - start));
    }
}
