// An engine with keys in it, and requests that are known to succeed. For measurements.
namespace FastKv.Bench.Commands;

/// <summary>Set-up that the suites and the allocation report share.</summary>
internal static class PreparedEngine
{
    /// <summary>An engine with <paramref name="keys"/> keys of each kind of <see cref="CommandFamilies.Preload"/>.</summary>
    public static InProcessEngine Make(int keys)
    {
        var engine = new InProcessEngine();
        int kinds = CommandFamilies.Preload.Split(" ; ").Length;
        using var preload = RequestBlock.Make(CommandFamilies.Preload, keys * kinds, keys);
        engine.Run(preload);
        return engine;
    }

    /// <summary>Requests of a line, tried out once.</summary>
    /// <exception cref="InvalidOperationException">A command of the line is answered with an error.</exception>
    public static RequestBlock Requests(InProcessEngine engine, string line, int requests, int keys)
    {
        int commands = line.Split(" ; ").Length;
        using (var trial = RequestBlock.Make(line, commands, keys))
        {
            string replies = engine.Replies(trial);
            if (replies.StartsWith('-') || replies.Contains("\n-", StringComparison.Ordinal))
                throw new InvalidOperationException($"{line}: {replies}");
        }
        return RequestBlock.Make(line, requests, keys);
    }
}
