using FastKv.Engine.Commands;
using FastKv.Protocol;

namespace FastKv.Engine.Persistence.Journal;

/// <summary>One effect that is being written to a journal: its arguments follow, exactly as many as were announced. Data plane.</summary>
internal readonly unsafe ref struct Effect(Journal journal)
{
    private readonly Journal _journal = journal;

    /// <summary>The next argument.</summary>
    public Effect Add(ReadOnlySpan<byte> argument)
    {
        _journal.AddArgument(argument);
        return this;
    }

    /// <summary>The next argument, a number.</summary>
    public Effect Add(long number)
    {
        _journal.AddArgument(number);
        return this;
    }

    /// <summary>The next argument, a score as ZADD reads it back exactly.</summary>
    public Effect Add(double number)
    {
        Span<byte> text = stackalloc byte[128];
        _journal.AddArgument(text[..NumberText.FormatDouble17(text, number)]);
        return this;
    }

    /// <summary>The next arguments, as they stand in the command.</summary>
    public Effect Add(in CommandContext context, int first, int end)
    {
        for (int i = first; i < end; i++)
            _journal.AddArgument(context[i]);
        return this;
    }
}
