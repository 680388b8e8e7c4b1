# Fills an empty Tryton with the office that the tests meet: a company, three employees, and the users' rights.
# Called as `python office.py CONFIG DATABASE PASSWORD_FILE`.
import sys

import trytond.config as config

config.update_etc(sys.argv[1])

from trytond.pool import Pool  # noqa: E402
from trytond.transaction import Transaction  # noqa: E402

with open(sys.argv[3]) as file:
    password = file.read().strip()
Pool.start()
pool = Pool(sys.argv[2])
with Transaction().start(sys.argv[2], 0):
    pool.init()

with Transaction().start(sys.argv[2], 1, context={}):
    Data = pool.get("ir.model.data")
    Group = pool.get("res.group")
    Party = pool.get("party.party")
    Employee = pool.get("company.employee")
    User = pool.get("res.user")

    euro = pool.get("currency.currency")(name="Euro", symbol="€", code="EUR")
    euro.save()
    company = pool.get("company.company")(party=Party(name="Northwind", addresses=[{}]), currency=euro)
    company.party.save()
    company.timezone = "Europe/Berlin"
    company.save()

    may_sell = Group(Data.get_id("sale_opportunity", "group_opportunity"))
    may_read = Group(Data.get_id("sale", "group_sale"))

    def person(login, name, groups, is_employed=True):
        user = User(login=login, name=name, password=password, groups=groups, companies=[company], company=company)
        if is_employed:
            party = Party(name=name, addresses=[{}])
            party.save()
            employee = Employee(party=party, company=company)
            employee.save()
            user.employees = [employee]
            user.employee = employee
        user.save()

    person("ana", "Ana Lima", [may_sell])
    person("ben", "Ben Okafor", [may_sell])
    # Who may look at leads and not touch them, who may not even look, and a service that is nobody's employee.
    person("cara", "Cara Voss", [may_read])
    person("dan", "Dan Ito", [], is_employed=False)
    person("hub", "The hub", [may_sell], is_employed=False)

    admin, = User.search([("login", "=", "admin")])
    admin.companies = [company]
    admin.company = company
    admin.save()
