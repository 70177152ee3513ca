using System.Text;
using FastKv.Engine.Configuration;
using FastKv.Memory;

namespace FastKv.Engine.Commands.Server;

/// <summary>LOLWUT: a picture of extendible hashing, the table that keeps the keys, growing out of one segment. Control plane.</summary>
internal static class Lolwut
{
    private const int Width = 64;
    private const int Generations = 10;

    /// <summary>A segment is drawn the denser, the more often it has been split.</summary>
    private const string Shades = " .:-=+*%#";

    [Command("LOLWUT", Arity = -1, Flags = CommandFlags.ReadOnly | CommandFlags.Fast, Group = CommandGroup.Server, Route = CommandRoute.Connection,
        Since = "5.0.0", Summary = "Displays computer art and the Redis version.", Complexity = "O(1)", Syntax = "[VERSION version:integer]",
        Differs = "draws a picture of its own, whatever the version")]
    internal static void Draw(ref CommandContext context)
    {
        if (context.Count >= 3 && context.Is(1, "VERSION"u8) && !context.TryInteger(2, out _))
            return;
        var random = new RandomSource((ulong)context.Client.Loop.Server.Clock.UnixMicroseconds);
        string picture = Picture(ref random) + $"\nOne segment splits, and never the whole table. Redis ver. {ServerVersion.RedisVersion}\n";
        context.Reply.VerbatimString(Encoding.UTF8.GetBytes(picture), "txt"u8);
    }

    /// <summary>Each line is a generation of the table; about half of the segments split before the next.</summary>
    private static string Picture(ref RandomSource random)
    {
        var text = new StringBuilder();
        var depths = new List<int> { 0 };
        for (int generation = 0; generation < Generations; generation++)
        {
            foreach (int depth in depths)
                text.Append('|').Append(Shades[Math.Min(depth, Shades.Length - 1)], (Width >> depth) - 1);
            text.Append("|\n");
            depths = Split(depths, ref random);
        }
        return text.ToString();
    }

    private static List<int> Split(List<int> depths, ref RandomSource random)
    {
        var next = new List<int>(depths.Count * 2);
        foreach (int depth in depths)
        {
            // A segment of one column cannot be drawn in halves.
            bool splits = Width >> depth > 2 && random.Below(2) == 0;
            next.Add(splits ? depth + 1 : depth);
            if (splits)
                next.Add(depth + 1);
        }
        return next;
    }
}
