namespace FastKv.Engine.Commands.Streams;

// Data plane. The options of XREAD and XREADGROUP, up to the streams.

/// <summary>What stands before the streams; the rules of precedence and the texts of errors are Redis's.</summary>
internal struct StreamReadOptions
{
    /// <summary>Milliseconds; negative: not to be blocked.</summary>
    public long TimeoutMs;

    /// <summary>Most entries per stream; 0: all.</summary>
    public long Count;
    public bool NoAck;

    /// <summary>Milliseconds for which a pending entry has been idle at least to be claimed; negative: none is.</summary>
    public long MinIdleMs;

    /// <summary>Index of the group's name, the consumer's behind it; 0: none.</summary>
    public int GroupIndex;

    /// <summary>Index of the first key; the IDs begin <see cref="StreamCount"/> behind it.</summary>
    public int FirstKey;
    public int StreamCount;

    /// <summary>Parses the arguments; false: the error was replied.</summary>
    public static bool TryParse(ref CommandContext context, bool isGroup, out StreamReadOptions options)
    {
        options = new StreamReadOptions { TimeoutMs = -1, MinIdleMs = -1 };
        for (int i = 1; i < context.Count && options.FirstKey == 0; i++)
        {
            int more = context.Count - i - 1;
            if (more > 0 && context.Is(i, "BLOCK"u8))
            {
                if (!TryTimeout(ref context, ++i, out options.TimeoutMs))
                    return false;
            }
            else if (more > 0 && context.Is(i, "COUNT"u8))
            {
                if (!context.TryInteger(++i, out options.Count))
                    return false;
                options.Count = Math.Max(options.Count, 0);
            }
            else if (more > 0 && context.Is(i, "STREAMS"u8))
            {
                options.FirstKey = i + 1;
            }
            else if (more >= 2 && context.Is(i, "GROUP"u8))
            {
                if (!isGroup)
                    return Fail(ref context, Errors.GroupOptionInRead);
                options.GroupIndex = i + 1;
                i += 2;
            }
            else if (context.Is(i, "NOACK"u8))
            {
                if (!isGroup)
                    return Fail(ref context, Errors.NoAckOptionInRead);
                options.NoAck = true;
            }
            else if (more > 0 && context.Is(i, "CLAIM"u8))
            {
                if (!isGroup)
                    return Fail(ref context, Errors.ClaimOptionInRead);
                if (!context.TryInteger(++i, out options.MinIdleMs, Errors.MinIdleNotAnInteger))
                    return false;
                if (options.MinIdleMs < 0)
                    return Fail(ref context, Errors.MinIdleNegative);
            }
            else
            {
                return Fail(ref context, Errors.Syntax);
            }
        }
        if (options.FirstKey == 0)
            return Fail(ref context, Errors.Syntax);
        int arguments = context.Count - options.FirstKey;
        if (arguments % 2 != 0)
            return Fail(ref context, Errors.UnbalancedStreams);
        options.StreamCount = arguments / 2;
        if (isGroup && options.GroupIndex == 0)
            return Fail(ref context, Errors.MissingGroup);

        // Keys were routed by the first word STREAMS, as Redis's key specification says; where that is another one (a group named so), the keys may live on
        // shards that this execution does not hold.
        return context.Partitions.Length == 1 || RoutedFrom(ref context, isGroup) == options.FirstKey || Fail(ref context, Errors.Syntax);
    }

    private static int RoutedFrom(ref CommandContext context, bool isGroup)
    {
        for (int i = isGroup ? 4 : 1; i < context.Count; i++)
        {
            if (context.Is(i, "STREAMS"u8))
                return i + 1;
        }
        return 0;
    }

    private static bool TryTimeout(ref CommandContext context, int index, out long timeoutMs)
    {
        if (!context.TryInteger(index, out timeoutMs, Errors.TimeoutNotAnInteger))
            return false;
        if (timeoutMs < 0)
            return Fail(ref context, Errors.TimeoutNegative);
        return timeoutMs <= long.MaxValue - context.NowMs || Fail(ref context, Errors.TimeoutOutOfRange);
    }

    private static bool Fail(ref CommandContext context, ReadOnlySpan<byte> error)
    {
        context.Reply.Error(error);
        return false;
    }
}
