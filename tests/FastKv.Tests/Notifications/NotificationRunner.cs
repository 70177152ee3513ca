using System.Text;
using FastKv.Tests.Differential;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Notifications;

/// <summary>
/// Sends one sequence of commands to redis-server and to FastKv, with a subscriber at each, and compares the keyspace events that come of it: the whole
/// stream, or per key where several shards publish.
/// </summary>
public sealed class NotificationRunner(ServerProcess expected, ServerProcess actual, string classes, bool perKey) : IDisposable
{
    private const int BatchSize = 50;
    private const int ShrinkRuns = 150;

    private readonly EventListener _wanted = new(expected, classes);
    private readonly EventListener _got = new(actual, classes);

    /// <summary>Events compared so far.</summary>
    public long Compared { get; private set; }

    /// <summary>Runs the steps on emptied servers; null when the events agree.</summary>
    public Mismatch? Run(IReadOnlyList<Step> steps, int batchSize = BatchSize)
    {
        using RespClient left = Prepare(expected);
        using RespClient right = Prepare(actual);
        _wanted.Take();
        _got.Take();
        for (int i = 0; i < steps.Count;)
        {
            if (steps[i].Mode == Comparison.Pause)
            {
                // A key with three milliseconds to live is gone from both servers when the next command comes.
                Thread.Sleep((int)steps[i++].Tolerance);
                continue;
            }
            Step[] batch = [.. steps.Skip(i).Take(batchSize).TakeWhile(step => step.Mode != Comparison.Pause)];
            Send(batch, left);
            Send(batch, right);
            string wanted = Text(_wanted.Take());
            string got = Text(_got.Take());
            if (wanted != got)
                return new Mismatch(i, batch[^1], wanted, got);
            i += batch.Length;
        }
        return null;
    }

    /// <summary>The shortest sequence found that ends in different events of one step.</summary>
    public string Report(IReadOnlyList<Step> steps, out int at)
    {
        at = 0;
        if (Run(steps, 1) is not { } mismatch)
            return "";
        at = mismatch.Index;

        // On a machine that stands still between a key with a short time to live and the pause behind it, one server may still have the key: what does not happen
        // again is of that kind.
        if (Run(steps.Take(at + 1).ToList(), 1) is not { } second || second.Index != at || second.Expected != mismatch.Expected)
            return "";
        var best = steps.Take(mismatch.Index + 1).ToList();
        int runs = 0;
        for (int chunk = Math.Max(1, best.Count / 2); runs < ShrinkRuns; chunk /= 2)
        {
            for (int from = 0; from < best.Count - 1 && runs < ShrinkRuns;)
            {
                int take = Math.Min(chunk, best.Count - 1 - from);
                List<Step> shorter = [.. best.Take(from), .. best.Skip(from + take)];
                runs++;
                if (Run(shorter, 1) is { } again && again.Index == shorter.Count - 1 && again.Expected == mismatch.Expected && again.Actual == mismatch.Actual)
                    best = shorter;
                else
                    from += take;
            }
            if (chunk == 1)
                break;
        }
        var text = new StringBuilder();
        foreach (Step step in best.TakeLast(15))
            text.Append("    ").Append(step).Append('\n');
        return text.Append($"expected {mismatch.Expected}\nactual   {mismatch.Actual}\n").ToString();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _wanted.Dispose();
        _got.Dispose();
    }

    private static RespClient Prepare(ServerProcess server)
    {
        RespClient client = server.Connect();
        client.Call("FLUSHALL");
        return client;
    }

    private static void Send(Step[] batch, RespClient client)
    {
        using var bytes = new MemoryStream();
        foreach (Step step in batch)
            bytes.Write(RespClient.Encode(step.Arguments));
        client.Pipeline(bytes.ToArray(), batch.Length);
    }

    private string Text(List<string> events)
    {
        Compared += events.Count;
        if (!perKey)
            return string.Join('\n', events);

        // One line per key with its events in order, and one per event with its keys, whose order is nobody's.
        var lines = events.Where(line => line.StartsWith("__keyspace", StringComparison.Ordinal)).GroupBy(line => line[..line.LastIndexOf(' ')])
            .Select(key => $"{key.Key}: {string.Join(' ', key.Select(line => line[(line.LastIndexOf(' ') + 1)..]))}")
            .Concat(events.Where(line => !line.StartsWith("__keyspace", StringComparison.Ordinal)))
            .Order(StringComparer.Ordinal);
        return string.Join('\n', lines);
    }
}
