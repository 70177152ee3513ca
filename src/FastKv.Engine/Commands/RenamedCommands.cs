using System.Text;

namespace FastKv.Engine.Commands;

// Data plane, on servers with rename-command lines only. Names come from the configuration and never change while the server runs.

/// <summary>The command names of a server whose configuration renames or removes some (<c>rename-command</c>).</summary>
internal sealed unsafe class RenamedCommands
{
    private readonly (byte[] Name, CommandDescriptor Command)[] _added;
    private readonly bool[] _isHidden = new bool[CommandTable.All.Length];

    private RenamedCommands(IReadOnlyList<(string From, string To)> renames)
    {
        var added = new List<(byte[], CommandDescriptor)>();
        foreach (var (from, to) in renames)
        {
            if (CommandTable.Find(Encoding.Latin1.GetBytes(from)) is not { } command)
                continue;
            _isHidden[command.Id] = true;
            if (to.Length > 0)
                added.Add((Encoding.Latin1.GetBytes(to), command));
        }
        _added = [.. added];
    }

    /// <summary>The names that the lines make; null: there are no lines.</summary>
    public static RenamedCommands? Create(IReadOnlyList<(string From, string To)> renames) => renames.Count == 0 ? null : new RenamedCommands(renames);

    /// <summary>As <see cref="CommandTable.Find(byte*, int)"/>, with the new names and without the old ones. O(renamed commands).</summary>
    public CommandDescriptor? Find(byte* name, int length)
    {
        foreach (var (added, command) in _added)
        {
            if (Ascii.EqualsIgnoreCase(added, new ReadOnlySpan<byte>(name, length)))
                return command;
        }
        var found = CommandTable.Find(name, length);
        return found is not null && _isHidden[found.Id] ? null : found;
    }
}
