using System.Text;
using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Server;
using FastKv.Protocol;

namespace FastKv.Engine.Acl;

// Data plane: no allocation, no change after construction, so that all threads may ask at once. A check looks at
//
//   command ──► bit of the command ──► patterns that grant what it does with its keys ──► patterns of channels
//                                      [none] [read] [write] [both]: prepared once per selector

/// <summary>What one selector permits.</summary>
internal sealed unsafe class SelectorPermissions
{
    /// <summary>More keys than this are looked for in a buffer of the thread.</summary>
    private const int KeysOnStack = 64;

    [ThreadStatic]
    private static int[]? t_positions;

    [ThreadStatic]
    private static byte[]? t_specs;

    private readonly CommandSet _commands = new();
    private readonly bool _allCommands, _allKeys, _allChannels;

    /// <summary>Read permission on every key by name, or by a pattern that is a lone star.</summary>
    private readonly bool _readsEverything;
    private readonly byte[][]?[] _firstArguments;
    private readonly CompiledPattern[][] _keys;
    private readonly CompiledPattern[] _channels;
    private readonly byte[][] _channelTexts;

    public SelectorPermissions(SelectorRules rules)
    {
        _commands.Copy(rules.Commands);
        _allCommands = rules.AllCommands || rules.Commands.HasAll;
        _allKeys = rules.AllKeys;
        _allChannels = rules.AllChannels;
        _readsEverything = rules.AllKeys || rules.Keys.Exists(key => key.Pattern == "*" && (key.Access & AclAccess.Read) != 0);
        _firstArguments = rules.FirstArguments.Count == 0 ? [] : new byte[][]?[CommandTable.All.Length];
        foreach (var (id, arguments) in rules.FirstArguments)
            _firstArguments[id] = [.. arguments.Select(Encoding.Latin1.GetBytes)];
        _keys = new CompiledPattern[(int)AclAccess.Both + 1][];
        for (int access = 0; access < _keys.Length; access++)
            _keys[access] = [.. rules.Keys.Where(key => ((int)key.Access & access) == access).Select(key => new CompiledPattern(key.Pattern))];
        _channels = [.. rules.Channels.Select(channel => new CompiledPattern(channel))];
        _channelTexts = [.. rules.Channels.Select(Encoding.Latin1.GetBytes)];
    }

    /// <summary>Whether there is nothing that it does not permit.</summary>
    public bool IsUnrestricted => _allCommands && _allKeys && _allChannels;

    public bool AllChannels => _allChannels;

    /// <summary>Whether a command with these arguments is permitted, and if a key or channel is not, which.</summary>
    /// <param name="command">Command or subcommand.</param>
    /// <param name="arguments">The arguments; 0 is the name.</param>
    /// <param name="count">How many.</param>
    /// <param name="position">Receives the index of the argument that is not permitted; else it is left alone.</param>
    public AclVerdict Check(CommandDescriptor command, Argument* arguments, int count, ref int position)
    {
        int id = command.Id;
        if (!_allCommands && !_commands[id] && (command.Flags & CommandFlags.NoAuth) == 0 && !HasFirstArgument(id, arguments, count))
            return AclVerdict.Command;
        ref readonly var needs = ref CommandNeeds.Of(id);
        if (!_allKeys && needs.Keys != KeyForm.None)
        {
            bool isOne = needs.Keys == KeyForm.One || (needs.Keys == KeyForm.OneIfPlain && count <= needs.PlainCount);
            if (!isOne)
            {
                if (!PermitsKeys(command, arguments, count, ref position))
                    return AclVerdict.Key;
            }
            else if (needs.FirstKey < count && !PermitsKey(arguments[needs.FirstKey], needs.Access))
            {
                position = needs.FirstKey;
                return AclVerdict.Key;
            }
        }
        return _allChannels || needs.Channels == ChannelForm.None || PermitsChannels(needs.Channels, arguments, count, ref position)
            ? AclVerdict.Allowed
            : AclVerdict.Channel;
    }

    /// <summary>Whether a command is permitted, and every key may be read besides.</summary>
    public bool PermitsReadingAll(CommandDescriptor command, Argument* arguments, int count)
    {
        int position = 0;
        return _readsEverything && Check(command, arguments, count, ref position) == AclVerdict.Allowed;
    }

    /// <summary>Whether a channel matches one of the patterns, or a pattern is one of them.</summary>
    public bool PermitsChannel(ReadOnlySpan<byte> channel, bool isPattern)
    {
        fixed (byte* text = channel)
            return _allChannels || PermitsChannel(text, channel.Length, isPattern);
    }

    private bool PermitsChannel(byte* text, int length, bool isPattern)
    {
        for (int i = 0; i < _channels.Length; i++)
        {
            bool isGranted = isPattern ? new ReadOnlySpan<byte>(text, length).SequenceEqual(_channelTexts[i]) : _channels[i].Matches(text, length);
            if (isGranted)
                return true;
        }
        return false;
    }

    private bool HasFirstArgument(int id, Argument* arguments, int count)
    {
        if (count < 2 || _firstArguments.Length == 0 || _firstArguments[id] is not { } permitted)
            return false;
        foreach (byte[] argument in permitted)
        {
            if (Ascii.EqualsIgnoreCase(arguments[1].Span, argument))
                return true;
        }
        return false;
    }

    private bool PermitsKey(Argument key, AclAccess access)
    {
        foreach (ref readonly var pattern in _keys[(int)access].AsSpan())
        {
            if (pattern.Matches(key.Pointer, key.Length))
                return true;
        }
        return false;
    }

    private bool PermitsKeys(CommandDescriptor command, Argument* arguments, int count, ref int position)
    {
        Span<int> positions = stackalloc int[KeysOnStack];
        Span<byte> specs = stackalloc byte[KeysOnStack];
        int found = KeyExtractor.Extract(command, arguments, count, positions, specs);
        if (found > KeysOnStack)
        {
            positions = Large(ref t_positions, found);
            specs = Large(ref t_specs, found);
            found = KeyExtractor.Extract(command, arguments, count, positions, specs);
        }
        for (int i = 0; i < found; i++)
        {
            var use = VariableAccess.Of(command, command.KeySpecs[specs[i]], arguments, count);
            if (PermitsKey(arguments[positions[i]], CommandNeeds.AccessOf(use)))
                continue;
            position = positions[i];
            return false;
        }
        return true;
    }

    private bool PermitsChannels(ChannelForm form, Argument* arguments, int count, ref int position)
    {
        int end = form == ChannelForm.First ? 2 : count;
        for (int i = 1; i < end; i++)
        {
            if (PermitsChannel(arguments[i].Pointer, arguments[i].Length, form == ChannelForm.Patterns))
                continue;
            position = i;
            return false;
        }
        return true;
    }

    private static T[] Large<T>(ref T[]? buffer, int length)
    {
        if (buffer is null || buffer.Length < length)
            buffer = new T[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length)];
        return buffer;
    }
}
