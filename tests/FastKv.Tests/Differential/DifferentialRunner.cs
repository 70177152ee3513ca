using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Differential;

/// <summary>The first step of a sequence at which the two servers disagreed.</summary>
public sealed record Mismatch(int Index, Step Step, string Expected, string Actual)
{
    /// <summary>Failures of one kind share this text, so that each kind is reported once.</summary>
    public string Kind => $"{Step.Name} {(Step.Name is "CLIENT" or "CONFIG" or "OBJECT" or "MEMORY" or "DEBUG" or "COMMAND" ? Step.Argument(1) : "")} {Start(Expected)} {Start(Actual)}".ToUpperInvariant();

    private static string Start(string reply) => reply.Length > 24 ? reply[..24] : reply;
}

/// <summary>
/// Sends one sequence to two servers, in pipelined batches, and compares the replies. A failing sequence is shrunk: prefixes
/// and chunks are left out as long as its last command still fails in the same way.
/// </summary>
public sealed class DifferentialRunner(ServerProcess expected, ServerProcess actual, int protocol)
{
    private const int BatchSize = 50;
    private const int ShrinkRuns = 200;

    // Sequences with pauses take long to run: what is found by then has to do.
    private static readonly TimeSpan ShrinkTime = TimeSpan.FromSeconds(20);

    /// <summary>Runs the steps on emptied servers over fresh connections; null when all replies agree.</summary>
    public Mismatch? Run(IReadOnlyList<Step> steps)
    {
        using RespClient left = Prepare(expected);
        using RespClient right = Prepare(actual);
        var batch = new List<int>(BatchSize);
        for (int i = 0; i <= steps.Count; i++)
        {
            bool alone = i < steps.Count && steps[i].Mode is Comparison.Scan or Comparison.RandomKey or Comparison.Pause;
            if (i == steps.Count || alone || (batch.Count >= BatchSize && !steps[batch[^1]].WithNext))
            {
                if (RunBatch(steps, batch, left, right) is { } mismatch)
                    return mismatch;
                batch.Clear();
            }
            if (i == steps.Count)
                break;
            if (!alone)
                batch.Add(i);
            else if (RunAlone(steps[i], i, left, right) is { } mismatch)
                return mismatch;
        }
        return null;
    }

    /// <summary>A short sequence that ends in the same failure as the given one.</summary>
    public List<Step> Shrink(IReadOnlyList<Step> steps, Mismatch mismatch)
    {
        List<Step> best = steps.Take(mismatch.Index + 1).ToList();
        int runs = 0;
        var time = Stopwatch.StartNew();
        bool GoesOn() => runs < ShrinkRuns && time.Elapsed < ShrinkTime;
        for (int chunk = Math.Max(1, best.Count / 2); GoesOn(); chunk /= 2)
        {
            for (int at = 0; at < best.Count - 1 && GoesOn();)
            {
                int take = Math.Min(chunk, best.Count - 1 - at);
                List<Step> shorter = [.. best.Take(at), .. best.Skip(at + take)];
                runs++;
                if (Run(shorter) is { } again && again.Index == shorter.Count - 1 && again.Kind == mismatch.Kind)
                    best = shorter;
                else
                    at += take;
            }
            if (chunk == 1)
                break;
        }
        return best;
    }

    private RespClient Prepare(ServerProcess server)
    {
        RespClient client = server.Connect();
        client.Call("FLUSHALL");
        if (protocol == 3)
            client.Call("HELLO", "3");
        return client;
    }

    private static Mismatch? RunBatch(IReadOnlyList<Step> steps, List<int> batch, RespClient left, RespClient right)
    {
        if (batch.Count == 0)
            return null;
        using var bytes = new MemoryStream();
        foreach (int i in batch)
            bytes.Write(RespClient.Encode(steps[i].Arguments));
        left.SendRaw(bytes.ToArray());
        SendTolerant(right, bytes.ToArray());
        foreach (int i in batch)
        {
            RespFrame wanted = left.Read();
            if (!TryRead(right, out RespFrame? got, out string failure))
                return new Mismatch(i, steps[i], wanted.ToString(), failure);
            if (!ReplyComparer.Agree(steps[i], wanted, got!))
                return new Mismatch(i, steps[i], wanted.ToString(), got!.ToString());
        }
        return null;
    }

    private static Mismatch? RunAlone(Step step, int index, RespClient left, RespClient right)
    {
        switch (step.Mode)
        {
            case Comparison.Pause:
                Thread.Sleep((int)step.Tolerance);
                return null;
            case Comparison.Scan:
                string wantedKeys = ScanAll(step, left);
                string gotKeys = ScanAll(step, right);
                return wantedKeys == gotKeys ? null : new Mismatch(index, step, wantedKeys, gotKeys);
            default:
                RespFrame wanted = left.CallBytes(step.Arguments);
                RespFrame got = right.CallBytes(step.Arguments);
                bool agree = wanted.Raw.AsSpan().SequenceEqual(got.Raw) || (Holds(left, got) && Holds(right, wanted));
                return agree ? null : new Mismatch(index, step, wanted.ToString(), got.ToString());
        }
    }

    private static bool Holds(RespClient client, RespFrame key) => key.Payload is { } name && client.CallBytes("EXISTS"u8.ToArray(), name).Text == "1";

    // The set of keys (or of what HSCAN, SSCAN and ZSCAN list) that a whole iteration returns. Nothing changes meanwhile, so each comes at least once.
    private static string ScanAll(Step step, RespClient client)
    {
        var keys = new SortedSet<string>(StringComparer.Ordinal);
        byte[][] arguments = step.Arguments.ToArray();
        int cursorAt = step.Name == "SCAN" ? 1 : 2;
        for (int calls = 0; calls < 100_000; calls++)
        {
            RespFrame reply;
            try
            {
                reply = client.CallBytes(arguments);
            }
            catch (Exception e) when (e is EndOfStreamException or SocketException or InvalidDataException)
            {
                return e.Message;
            }
            if (reply.Items is not [{ Payload: { } cursor }, { Items: { } found }])
                return reply.ToString();
            keys.UnionWith(found.Select(k => k.ToString()));
            if (cursor is [(byte)'0'])
                return string.Join('\n', keys);
            arguments[cursorAt] = cursor;
        }
        return "the iteration does not end";
    }

    private static void SendTolerant(RespClient client, byte[] bytes)
    {
        try
        {
            client.SendRaw(bytes);
        }
        catch (SocketException)
        {
            // The server has closed: reading tells after which command, and that is the mismatch to report.
            return;
        }
    }

    private static bool TryRead(RespClient client, out RespFrame? frame, out string failure)
    {
        frame = null;
        failure = "";
        try
        {
            frame = client.Read();
            return true;
        }
        catch (Exception e) when (e is EndOfStreamException or SocketException or InvalidDataException)
        {
            failure = $"no reply: {e.Message}";
            return false;
        }
    }
}

/// <summary>Runs many sequences of one family and collects each kind of failure once.</summary>
public static class DifferentialCampaign
{
    private const int EpisodeLength = 1000;
    private const int MaxKinds = 12;
    private const int MaxRemovals = 60;

    // The families share servers, and each counts on the usual thresholds of the compact encodings.
    private static readonly string[] Thresholds =
    [
        "hash-max-listpack-entries", "512", "hash-max-listpack-value", "64", "list-max-listpack-size", "-2", "set-max-intset-entries", "512",
        "zset-max-listpack-entries", "128", "zset-max-listpack-value", "64", "hll-sparse-max-bytes", "3000", "stream-node-max-bytes", "4096",
        "stream-node-max-entries", "100",
    ];

    /// <summary>Compares at least <paramref name="count"/> replies; returns "" or the report of all kinds of failures.</summary>
    public static string Run(ServerProcess expected, ServerProcess actual, string family, int protocol, int seed, int count, Action<string> print)
    {
        foreach (ServerProcess server in (ServerProcess[])[expected, actual])
        {
            using RespClient client = server.Connect();
            client.Call(["CONFIG", "SET", .. Thresholds]);
        }
        var runner = new DifferentialRunner(expected, actual, protocol);
        var report = new StringBuilder();
        var kinds = new HashSet<string>();
        int compared = 0;
        for (int episode = 0; compared < count && kinds.Count < MaxKinds; episode++)
        {
            int episodeSeed = unchecked((seed * 1_000_003) + episode);
            List<Step> steps = Grammar.Families[family].Generate(episodeSeed, Math.Min(EpisodeLength, count - compared));
            compared += steps.Count;
            // A step that fails is taken out and the rest runs again: one difference does not hide those behind it.
            for (int removed = 0; removed < MaxRemovals && kinds.Count < MaxKinds && runner.Run(steps) is { } mismatch; removed++)
            {
                if (IsOfTheMoment(runner, steps, mismatch))
                {
                    print($"{family} RESP{protocol} seed {seed} episode {episode} step {mismatch.Index}, once: {mismatch.Kind}");
                    continue;
                }
                if (kinds.Add(mismatch.Kind))
                {
                    report.Append($"\n--- {family} RESP{protocol} seed {seed} episode {episode} step {mismatch.Index}\n");
                    if (!actual.IsRunning)
                        return report.Append($"{mismatch.Step}\nthe server died\n{actual.Log}").ToString();
                    report.Append($"expected {mismatch.Expected}\nactual   {mismatch.Actual}\nshortest sequence:\n");
                    foreach (Step step in runner.Shrink(steps, mismatch).TakeLast(25))
                        report.Append("    ").Append(step).Append('\n');
                }
                steps.RemoveAt(mismatch.Index);
            }
        }
        print($"{family} RESP{protocol} seed {seed}: {compared} comparisons, {kinds.Count} kinds of mismatch");
        return report.ToString();
    }

    // Where time passes between the steps, keys expire within milliseconds: on a machine that stands still in the midst of a batch, one server may see a key
    // that the other does not. That does not happen again in the same place; a difference between the servers does.
    private static bool IsOfTheMoment(DifferentialRunner runner, List<Step> steps, Mismatch mismatch) =>
        steps.Take(mismatch.Index).Any(step => step.Mode == Comparison.Pause) && runner.Run(steps)?.Index != mismatch.Index;
}
