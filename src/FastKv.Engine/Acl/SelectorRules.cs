using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Server;

namespace FastKv.Engine.Acl;

// Control plane. Texts are Latin-1, a char per byte. A rule is one word:
//
//   allkeys ~<pattern> %R~<pattern> %W~<pattern> %RW~<pattern> resetkeys
//   allchannels &<pattern> resetchannels
//   allcommands nocommands +@<category> -@<category> +<command> -<command> +<command>|<subcommand> -<command>|<subcommand> +<command>|<first argument>

/// <summary>A pattern of keys, and what may be done with those that match.</summary>
/// <param name="Pattern">The glob.</param>
/// <param name="Access">Never none.</param>
internal readonly record struct KeyRule(string Pattern, AclAccess Access);

/// <summary>
/// The rules of one selector: which commands, on which keys and channels. Changed while they are put together, and never once a user has them.
/// </summary>
internal sealed class SelectorRules
{
    public SelectorRules(bool allChannels) => AllChannels = allChannels;

    private SelectorRules(SelectorRules other)
    {
        AllKeys = other.AllKeys;
        AllChannels = other.AllChannels;
        AllCommands = other.AllCommands;
        Commands.Copy(other.Commands);
        Keys.AddRange(other.Keys);
        Channels.AddRange(other.Channels);
        foreach (var (id, arguments) in other.FirstArguments)
            FirstArguments.Add(id, [.. arguments]);
    }

    public bool AllKeys { get; private set; }

    public bool AllChannels { get; private set; }

    /// <summary>All commands were added, and none removed since.</summary>
    public bool AllCommands { get; private set; }

    public CommandSet Commands { get; } = new();

    /// <summary>In the order in which they were added; each pattern once.</summary>
    public List<KeyRule> Keys { get; } = [];

    /// <summary>Patterns of channels, in the order in which they were added.</summary>
    public List<string> Channels { get; } = [];

    /// <summary>By the id of a command that is not permitted: the first arguments with which it is all the same.</summary>
    public SortedDictionary<int, List<string>> FirstArguments { get; } = [];

    /// <summary>The rules applied to this object that permit a command with one first argument only, as they stood: Redis warns of them.</summary>
    public List<string> Deprecated { get; } = [];

    public SelectorRules Clone() => new(this);

    /// <summary>Applies one rule, or says what is wrong with it and changes nothing.</summary>
    public RuleError Apply(string rule)
    {
        string word = CText(rule);
        switch (word.ToLowerInvariant())
        {
            case "allkeys" or "~*":
                AllKeys = true;
                Keys.Clear();
                return RuleError.None;
            case "resetkeys":
                AllKeys = false;
                Keys.Clear();
                return RuleError.None;
            case "allchannels" or "&*":
                AllChannels = true;
                Channels.Clear();
                return RuleError.None;
            case "resetchannels":
                AllChannels = false;
                Channels.Clear();
                return RuleError.None;
            case "allcommands" or "+@all":
                SetAll(true);
                return RuleError.None;
            case "nocommands" or "-@all":
                SetAll(false);
                return RuleError.None;
        }
        return rule.Length == 0 ? RuleError.Syntax : rule[0] switch
        {
            '~' => AddKeys(rule[1..], AclAccess.Both),
            '%' => AllKeys ? RuleError.KeysAfterAll : AddKeysWithAccess(rule),
            '&' => AddChannels(rule[1..]),
            '+' or '-' when word.Length > 1 && word[1] == '@' => ChangeCategory(word[2..], rule[0] == '+'),
            '+' => Permit(word[1..]),
            '-' => Forbid(word[1..]),
            _ => RuleError.Syntax,
        };
    }

    /// <summary>Adds or removes a command or container with its subcommands, or one subcommand.</summary>
    public void Change(CommandDescriptor command, bool isPermitted)
    {
        SetBit(command.Id, isPermitted);
        FirstArguments.Remove(command.Id);
        foreach (var subcommand in command.Subcommands)
            SetBit(subcommand.Id, isPermitted);
    }

    /// <summary>Adds or removes all commands of a category. A container stands for all of its subcommands, whatever their own categories.</summary>
    public void Change(AclCategories category, bool isPermitted)
    {
        foreach (var command in CommandTable.All)
        {
            if ((command.Categories & category) != 0)
                Change(command, isPermitted);
        }
    }

    /// <summary>Whether a text cannot stand in a rule or be a name: it has blanks or zeros.</summary>
    public static bool HasSpaces(string text)
    {
        foreach (char c in text)
        {
            if (c is ' ' or '\0' or (>= '\t' and <= '\r'))
                return true;
        }
        return false;
    }

    /// <summary>What Redis, which takes it for a C string, sees of a text.</summary>
    public static string CText(string text)
    {
        int end = text.IndexOf('\0', StringComparison.Ordinal);
        return end < 0 ? text : text[..end];
    }

    private void SetAll(bool value)
    {
        Commands.Fill(value);
        AllCommands = value;
        FirstArguments.Clear();
    }

    private void SetBit(int id, bool value)
    {
        Commands[id] = value;
        AllCommands &= value;
    }

    private RuleError AddKeysWithAccess(string rule)
    {
        var access = AclAccess.None;
        int at = 1;
        for (; at < rule.Length; at++)
        {
            var more = rule[at] switch
            {
                'R' or 'r' => AclAccess.Read,
                'W' or 'w' => AclAccess.Write,
                _ => AclAccess.None,
            };
            if (rule[at] == '~' && access != AclAccess.None)
            {
                at++;
                break;
            }
            if (more == AclAccess.None || (access & more) != 0)
                return RuleError.Syntax;
            access |= more;
        }
        return access == AclAccess.None ? RuleError.Syntax : AddKeys(rule[at..], access);
    }

    private RuleError AddKeys(string pattern, AclAccess access)
    {
        if (AllKeys)
            return RuleError.KeysAfterAll;
        if (HasSpaces(pattern))
            return RuleError.Syntax;
        int known = Keys.FindIndex(key => key.Pattern == pattern);
        if (known < 0)
            Keys.Add(new KeyRule(pattern, access));
        else
            Keys[known] = new KeyRule(pattern, Keys[known].Access | access);
        return RuleError.None;
    }

    private RuleError AddChannels(string pattern)
    {
        if (AllChannels)
            return RuleError.ChannelsAfterAll;
        if (HasSpaces(pattern))
            return RuleError.Syntax;
        if (!Channels.Contains(pattern))
            Channels.Add(pattern);
        return RuleError.None;
    }

    private RuleError ChangeCategory(string name, bool isPermitted)
    {
        var category = CommandNames.Category(System.Text.Encoding.Latin1.GetBytes(name));
        if (category == AclCategories.None)
            return RuleError.Unknown;
        Change(category, isPermitted);
        return RuleError.None;
    }

    private RuleError Permit(string name)
    {
        int bar = name.LastIndexOf('|');
        if (bar < 0)
            return ChangeOne(name, isPermitted: true);
        if (Find(name[..bar]) is not { } command)
            return RuleError.Unknown;
        if (command.Parent is not null)
            return RuleError.ArgumentOfSubcommand;
        string argument = name[(bar + 1)..];
        if (argument.Length == 0)
            return RuleError.Syntax;
        if (command.Subcommands.Length > 0)
            return ChangeOne(name, isPermitted: true);
        Deprecated.Add("+" + name);
        if (!FirstArguments.TryGetValue(command.Id, out var arguments))
            FirstArguments.Add(command.Id, arguments = []);
        if (!arguments.Contains(argument, StringComparer.OrdinalIgnoreCase))
            arguments.Add(argument);
        return RuleError.None;
    }

    private RuleError Forbid(string name) => ChangeOne(name, isPermitted: false);

    private RuleError ChangeOne(string name, bool isPermitted)
    {
        if (Find(name) is not { } command)
            return RuleError.Unknown;
        Change(command, isPermitted);
        return RuleError.None;
    }

    // Rules name commands as they are called in the table, rename-command or not.
    private static CommandDescriptor? Find(string name) => CommandTable.FindByFullName(System.Text.Encoding.Latin1.GetBytes(name));
}
